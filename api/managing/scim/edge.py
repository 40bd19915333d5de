"""The edge of SCIM: who may call, and every error in the one shape of RFC 7644 (3.12)."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError
from scim2_models import (
    Error,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    PayloadTooLargeException,
    SCIMException,
)

from accounts.client_address import client_address
from accounts.errors import AccountRefused, KeyRefused, TooManyRequests
from accounts.keys import recognise_key
from accounts.models import ApiKey, User
from api.managing.scim.resources import PROVIDER

MEDIA_TYPE = "application/scim+json"
FORBIDDEN = ("own_account", "last_admin", "second_person", "break_glass")  # codes of what an admin may not do either

View = Callable[..., HttpResponse]


class ScimRequest(HttpRequest):
    """What a view of this room gets: `user` is whose key it is, a system admin."""

    user: User


def scim(view: View) -> View:
    """Let in who has a key with the scope "people", and answer errors as SCIM does. A cookie opens nothing here."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        try:
            cast(ScimRequest, request).user = _admit(request)
            with PROVIDER, transaction.atomic():
                return view(request, *args, **named)
        except ValidationError as invalid:
            return answer_error(Error.from_validation_errors(invalid)[0])
        except SCIMException as refused:
            return answer_error(refused.to_error())
        except AccountRefused as refused:
            kind = ForbiddenException if refused.code in FORBIDDEN else InvalidValueException
            return answer_error(kind(detail=refused.message).to_error())
        except KeyRefused as refused:
            return answer_error(Error(status=refused.status, detail=refused.message), headers=refused.headers)
        except TooManyRequests as refused:
            return answer_error(Error(status=refused.status, detail=refused.message), headers=refused.headers)
        except RequestDataTooBig:
            return answer_error(PayloadTooLargeException().to_error())
        except Http404:
            return answer_error(NotFoundException(detail=_("There is no such resource.")).to_error())

    return login_not_required(csrf_exempt(guarded))


def answer(data: Any, *, status: int = HTTPStatus.OK, location: str = "") -> HttpResponse:
    """Return a SCIM response. `data`: JSON, as text."""
    headers = {"Location": location} if location else {}
    return HttpResponse(data, status=status, content_type=MEDIA_TYPE, headers=headers)


def answer_error(error: Error, *, headers: dict[str, str] | None = None) -> HttpResponse:
    status = int(error.status or HTTPStatus.BAD_REQUEST)
    return HttpResponse(error.model_dump_json(), status=status, content_type=MEDIA_TYPE, headers=headers or {})


def _admit(request: HttpRequest) -> User:
    """Raises: KeyRefused, TooManyRequests."""
    kind, _space, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise KeyRefused("key_missing", _("Send the API key as “Authorization: Bearer KEY”."))
    per_minute = settings.RATE_SCIM_PER_MINUTE
    key = recognise_key(text.strip(), scope=ApiKey.Scope.PEOPLE, address=client_address(request), per_minute=per_minute)
    return key.user
