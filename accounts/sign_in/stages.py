"""Steps between the right password and the session; allauth asks them one after the other, and each can hold a sign-in up."""

from typing import cast

from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.models import User

NEW_PASSWORD = "new_password"  # noqa: S105 - the name of a step


class NewPasswordStage(LoginStage):
    """Nobody signs in with a password that somebody else was told: its owner sets another one first."""

    key = NEW_PASSWORD
    urlname = "account_new_password"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = cast(User | None, self.login.user)
        if user is None or not user.must_change_password:
            return None, True
        return redirect(self.urlname), True
