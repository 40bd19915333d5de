"""Authenticate callers: an API key as a bearer token with the required scope, or a signed-in browser with the CSRF token."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from accounts.client_address import client_address
from accounts.credentials import key_credential, session_credential
from accounts.errors import KeyRefused
from accounts.keys import recognise_key, scopes_of
from accounts.models import ApiKey, User
from api.requests import ApiRequest
from api.strictness import refuse_what_is_not_taken
from gateway.threads import run_in_thread
from ingest.upload import without_body


class Access(AuthBase):
    """Sets `request.user` to the account whose rights apply. `is_async`: for views that run on the event loop."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, scope: str, *, is_async: bool = False) -> None:
        super().__init__()
        self.scope, self.is_async = scope, is_async

    def __call__(self, request: HttpRequest) -> User | Awaitable[User]:
        return (run_in_thread(let_in) if self.is_async else let_in)(request, scope=self.scope)


def scoped(scope: ApiKey.Scope, *, is_async: bool = False) -> dict[str, Any]:
    """Return the arguments of an operation that needs this scope; its description names it too."""
    return {"auth": Access(str(scope), is_async=is_async), "openapi_extra": {"x-scope": str(scope)}}


def check_admin(user: User) -> None:
    """Raises: KeyRefused: this is for knowledge admins, whatever else the caller manages."""
    if not user.is_knowledge_admin:
        raise KeyRefused("session_scope", _("Your account does not have permission to do this."), status=HTTPStatus.FORBIDDEN)


def asked_via(request: ApiRequest) -> str:
    """Return how the question came, for the receipt: by which key, or from a signed-in browser."""
    return name_key(request.api_key) if hasattr(request, "api_key") else "api"


def name_key(key: ApiKey) -> str:
    return f"key:{key.pk} {key.prefix}"


def let_in(request: HttpRequest, *, scope: str) -> User:
    """Return the caller of an operation after checking that the operation takes the request.

    Raises: KeyRefused, TooManyRequests, RequestInvalid, BodyTypeUnsupported.
    """
    user = admit(request, scope=scope)
    refuse_what_is_not_taken(cast(ApiRequest, request).operation, request)
    return user


def admit(request: HttpRequest, *, scope: str) -> User:
    """Return the caller, and set `request.credential`. Raises: KeyRefused, TooManyRequests."""
    admitted = cast(ApiRequest, request)  # what it is from here on
    if header := request.headers.get("Authorization", ""):
        kind, _space, text = header.partition(" ")
        if kind.lower() != "bearer" or not text.strip():
            raise KeyRefused("key_missing", _("Send the API key as “Authorization: Bearer KEY”."))
        admitted.api_key = recognise_key(text.strip(), scope=scope, address=client_address(request))
        admitted.credential = key_credential(admitted.api_key, scope=scope)
        admitted.user = admitted.api_key.user
        return admitted.user
    if not request.user.is_authenticated:
        raise KeyRefused("key_missing", _("Send an API key as “Authorization: Bearer KEY”, or sign in."))
    is_form = request.headers.get("Content-Type", "").startswith("multipart/form-data")
    if check_csrf(without_body(request) if is_form else request):  # its files are read when the view knows what they may
        raise KeyRefused("csrf", _("Requests from a browser must include the CSRF token."), status=HTTPStatus.FORBIDDEN)
    if scope and scope not in scopes_of(request.user):
        raise KeyRefused("session_scope", _("Your account does not have permission to do this."), status=HTTPStatus.FORBIDDEN)
    admitted.credential = session_credential(request, user=request.user, scope=scope)
    return request.user
