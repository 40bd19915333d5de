"""Who may call: an API key as a bearer with the scope that is needed, or a signed-in browser, whose posts carry the CSRF token."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from accounts.errors import KeyRefused
from accounts.keys import recognise_key, scopes_of
from accounts.models import ApiKey, User
from chat.offload import beside_loop


class Access(AuthBase):
    """Sets `request.user` to whose rights count. `is_async`: for views that run on the event loop."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, scope: str, *, is_async: bool = False) -> None:
        super().__init__()
        self.scope, self.is_async = scope, is_async

    def __call__(self, request: HttpRequest) -> User | Awaitable[User]:
        return (beside_loop(admit, keeps_connection=True) if self.is_async else admit)(request, scope=self.scope)


def scoped(scope: ApiKey.Scope, *, is_async: bool = False) -> dict[str, Any]:
    """Return the arguments of an operation that needs this scope; its description names it too."""
    return {"auth": Access(str(scope), is_async=is_async), "openapi_extra": {"x-scope": str(scope)}}


def asked_via(request: HttpRequest) -> str:
    """Return what a receipt says of how the question came: by which key, or from a signed-in browser."""
    return name_key(request.api_key) if hasattr(request, "api_key") else "api"


def name_key(key: ApiKey) -> str:
    return f"key:{key.pk} {key.prefix}"


def admit(request: HttpRequest, *, scope: str) -> User:
    """Return the caller. Raises: KeyRefused, TooManyRequests."""
    if header := request.headers.get("Authorization", ""):
        kind, _space, text = header.partition(" ")
        if kind.lower() != "bearer" or not text.strip():
            raise KeyRefused("key_missing", _("Send the API key as “Authorization: Bearer KEY”."))
        request.api_key = recognise_key(text.strip(), scope=scope, address=request.META.get("REMOTE_ADDR") or "")
        request.user = request.api_key.user
        return request.user
    if not request.user.is_authenticated:
        raise KeyRefused("key_missing", _("Send an API key as “Authorization: Bearer KEY”, or sign in."))
    if check_csrf(request):
        raise KeyRefused("csrf", _("A browser's request must carry the CSRF token."), status=HTTPStatus.FORBIDDEN)
    if scope and scope not in scopes_of(request.user):
        raise KeyRefused("session_scope", _("Your account may not do this."), status=HTTPStatus.FORBIDDEN)
    return request.user
