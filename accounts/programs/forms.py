"""The form of an API key. `accounts.keys` decides what is allowed."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.keys import scopes_of
from accounts.models import ApiKey, User


class KeyForm(forms.Form):
    """An API key: what it is for, what it may do (of what its owner may), and how long."""

    name = forms.CharField(
        label=_("Key name"),
        max_length=80,
        help_text=_("The program that will use it, for example “Intranet search”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(label=_("Permissions"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(
        label=_("Expires after"),
        choices=((30, _("30 days")), (90, _("90 days")), (365, _("One year"))),
        coerce=int,
        initial=90,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = scopes_of(user)
        scopes = cast(forms.MultipleChoiceField, self.fields["scopes"])
        scopes.choices = [choice for choice in ApiKey.Scope.choices if choice[0] in mine]
        scopes.initial = [ApiKey.Scope.ASK]
