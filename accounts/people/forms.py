"""Forms for people and groups. `accounts.services` decides what is allowed."""

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.models import User


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
    ends_on = forms.DateField(
        label=_("Last day of access"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For guests: the account is deactivated automatically after this day. Leave it empty for everyone else."),
    )

    def clean_ends_on(self) -> str:
        day = self.cleaned_data["ends_on"]
        return day.isoformat() if day else ""


class ChangePersonForm(PersonForm):
    username = None  # type: ignore[assignment]  # Django's way to leave out a field that the parent declares
    is_active = forms.BooleanField(label=_("Can sign in"), required=False)


class GroupForm(forms.Form):
    name = forms.CharField(label=_("Group name"), max_length=150)
