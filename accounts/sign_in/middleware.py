"""What holds for every request of a signed-in browser, whatever it asks for."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from accounts.sign_in.sessions import note_use


class SessionMiddleware(MiddlewareMixin):
    """Notes that the session is used. After Django's, which finds it, and before the view."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.user.is_authenticated:
            note_use(request)
        return None
