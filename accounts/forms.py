"""What a knowledge admin fills in about people and groups. What is allowed is decided in `accounts.services`."""

from typing import Any

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
        help_text=_("Letters, digits and @ . + - _. It cannot be changed later."),
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
    username = None
    is_active = forms.BooleanField(label=_("May sign in"), required=False)


class GroupForm(forms.Form):
    name = forms.CharField(label=_("Name of the group"), max_length=150)


class KeyForm(forms.Form):
    """An API key: what it is for, what it may do (of what its owner may), and how long."""

    name = forms.CharField(
        label=_("Name of the key"),
        max_length=80,
        help_text=_("What will use it, such as “Intranet search”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(
        label=_("Works for"),
        choices=((30, _("30 days")), (90, _("90 days")), (365, _("One year"))),
        coerce=int,
        initial=90,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = scopes_of(user)
        self.fields["scopes"].choices = [choice for choice in ApiKey.Scope.choices if choice[0] in mine]
        self.fields["scopes"].initial = [ApiKey.Scope.ASK]
