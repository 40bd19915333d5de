"""The sign-in package's forms in the words of the other pages."""

from typing import Any

from allauth.account.forms import ChangePasswordForm
from django.utils.translation import gettext_lazy as _

LABELS = {"oldpassword": _("Current password"), "password1": _("New password"), "password2": _("Repeat new password")}


class PasswordForm(ChangePasswordForm):
    """Labels in sentence case; no placeholder repeats them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            self.fields[name].label = label
            self.fields[name].widget.attrs.pop("placeholder", None)
