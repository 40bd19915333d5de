"""Forms for people and groups. `accounts.services` decides what is allowed."""

from typing import Any, cast

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.keys import scopes_of
from accounts.models import ApiKey, User


class PersonForm(forms.Form):
    """A person as the form shows it; `username` is asked for once, when the account is made."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        help_text=_("Letters, digits and @ . + - _ only. It cannot be changed later."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    email = forms.EmailField(label=_("Email address"), max_length=254, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices, widget=forms.RadioSelect, initial=User.Role.EMPLOYEE)
    groups = forms.ModelMultipleChoiceField(
        label=_("Groups"), queryset=Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple
    )


class ChangePersonForm(PersonForm):
    username = None  # type: ignore[assignment]  # Django's way to leave out a field that the parent declares
    is_active = forms.BooleanField(label=_("Can sign in"), required=False)


class GroupForm(forms.Form):
    name = forms.CharField(label=_("Group name"), max_length=150)


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
