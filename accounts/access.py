"""Access to pages, checked in one place."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def system_admins_only(view: View) -> View:
    """The same for pages about people, sign-in and models."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_authenticated and request.user.is_system_admin):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def knowledge_admins_only(view: View) -> View:
    """Answer 404 to everyone else: to them the page does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_authenticated and request.user.is_knowledge_admin):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
