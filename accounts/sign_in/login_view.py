"""The sign-in page: allauth's, with what this installation offers beside a password."""

from typing import Any

from allauth.account.views import LoginView

from accounts.sign_in.mail import has_mail


class SignInView(LoginView):
    def get_context_data(self, **named: Any) -> dict[str, Any]:
        return {**super().get_context_data(**named), "has_mail": has_mail()}


sign_in = SignInView.as_view()
