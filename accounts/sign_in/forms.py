"""The sign-in package's forms in the words of the other pages."""

from typing import Any

from allauth.account.forms import ChangePasswordForm
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LABELS = {"oldpassword": _("Current password"), "password1": _("New password"), "password2": _("Repeat new password")}


class PasswordForm(ChangePasswordForm):
    """Labels in sentence case; no placeholder repeats them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            self.fields[name].label = label
            self.fields[name].widget.attrs.pop("placeholder", None)


class NewPasswordForm(forms.Form):
    """A new password, typed twice. `accounts.services.set_password` decides whether it will do."""

    password1 = forms.CharField(
        label=LABELS["password1"],
        strip=False,
        max_length=4096,
        help_text=_("At least 10 characters. Not your name, and no common password."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=LABELS["password2"], strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean_password2(self) -> str:
        typed: str = self.cleaned_data["password2"]
        if typed != self.cleaned_data.get("password1"):
            raise forms.ValidationError(gettext("The two passwords differ."))
        return typed


class ForgottenForm(forms.Form):
    login = forms.CharField(
        label=_("User name or email address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
