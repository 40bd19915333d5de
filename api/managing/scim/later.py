"""Views whose modules are imported at their first call: scim2-models takes seconds to import, and every process has them."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt


def later(name: str) -> Callable[..., HttpResponse]:
    """Return a view that calls "module.function" of this package. Who may call is decided there, by `edge.scim`."""
    module, _dot, function = name.partition(".")

    def view(request: HttpRequest, **named: Any) -> HttpResponse:
        response: HttpResponse = getattr(import_module(f"api.managing.scim.{module}"), function)(request, **named)
        return response

    return login_not_required(csrf_exempt(view))
