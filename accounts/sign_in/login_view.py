"""The sign-in page: allauth's, with what this installation offers beside a password."""

from typing import Any

from allauth.account.views import LoginView

from accounts.models import SignInRules
from accounts.sign_in.mail import has_mail
from accounts.sign_in.oidc.providers import find_providers


class SignInView(LoginView):
    def get_context_data(self, **named: Any) -> dict[str, Any]:
        rules = SignInRules.current()
        return {
            **super().get_context_data(**named),
            "has_mail": has_mail() and not rules.is_password_off,
            "providers": find_providers(),
            "is_password_hidden": rules.is_password_off and "emergency" not in self.request.GET and self.request.method == "GET",
            "is_password_off": rules.is_password_off,
        }


sign_in = SignInView.as_view()
