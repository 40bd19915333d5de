"""What holds for every request of a signed-in browser, whatever it asks for: deny first, then let the view decide."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from accounts.sign_in.confirming import ask_to_confirm, is_confirmed
from accounts.sign_in.second_factors.holding import lacks_second_factor
from accounts.sign_in.sessions import note_use
from config.errors import render_error, wants_json
from config.requests.step_up import DANGEROUS

# What somebody may open who must have a second factor and has none: the way to one, and the way out.
WITHOUT_FACTOR = frozenset(
    (
        *("accounts:factor_needed", "mfa_activate_totp", "mfa_add_webauthn"),
        *("account_reauthenticate", "account_logout", "set_language", "healthz", "readyz", "metrics"),
    )
)
View = Callable[..., HttpResponseBase]


class SignedInMiddleware(MiddlewareMixin):
    """Notes that the session is used; holds up who lacks a second factor that the rules demand; asks before dangerous acts."""

    def process_view(
        self, request: HttpRequest, view: View, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> HttpResponseBase | None:
        if not request.user.is_authenticated:
            return None
        note_use(request)
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name not in WITHOUT_FACTOR and lacks_second_factor(request.user):
            if wants_json(request):
                message = _("Your account needs a second factor. Sign in with a browser and set one up first.")
                return render_error(request, status=HTTPStatus.FORBIDDEN, code="second_factor_required", message=message)
            return redirect("accounts:factor_needed")
        asks = DANGEROUS.get(name)
        if asks is not None and asks(request, named) and not is_confirmed(request):
            return _ask(request)
        return None


def _ask(request: HttpRequest) -> HttpResponseBase:
    if wants_json(request):
        message = _("Confirm your identity in a browser first, or use an API key.")
        return render_error(request, status=HTTPStatus.FORBIDDEN, code="confirmation_required", message=message)
    return ask_to_confirm(request, methods=get_adapter(request).get_reauthentication_methods(request.user))
