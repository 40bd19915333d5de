"""Forms of API keys and of the accounts of programs. `accounts.keys` and `service_accounts` decide what is allowed."""

from typing import Any, cast

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.keys import scopes_of
from accounts.models import ApiKey, User

DAYS = ((30, _("30 days")), (90, _("90 days")), (365, _("One year")))


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
        choices=DAYS,
        coerce=int,
        initial=90,
    )
    networks = forms.CharField(
        label=_("Networks"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("Networks from which the key can be used, one per line, for example 10.0.0.0/8. Leave empty to allow all."),
    )

    def clean_networks(self) -> list[str]:
        return [str(line) for line in self.cleaned_data["networks"].splitlines()]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = scopes_of(user)
        scopes = cast(forms.MultipleChoiceField, self.fields["scopes"])
        scopes.choices = [choice for choice in ApiKey.Scope.choices if choice[0] in mine]
        scopes.initial = [ApiKey.Scope.ASK]


class ServiceForm(forms.Form):
    """A program's account; its name and role stay."""

    username = forms.CharField(
        label=_("Account name"),
        max_length=150,
        help_text=_("Letters, digits and @ . + - _ only. It cannot be changed later."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    purpose = forms.CharField(label=_("Purpose"), max_length=300, help_text=_("What the program does here, for future reference."))
    owner = forms.CharField(
        label=_("Owner"),
        max_length=150,
        help_text=_("User name of the person who is responsible for it and who creates and rotates its keys."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, role.label) for role in (User.Role.EMPLOYEE, User.Role.SYSTEM_ADMIN)],
        widget=forms.RadioSelect,
        initial=User.Role.EMPLOYEE,
        help_text=_("Choose system admin only for a program that manages people, such as SCIM."),
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("Groups"), queryset=Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean_owner(self) -> User:
        name = self.cleaned_data["owner"].strip()
        found = User.objects.people().filter(username__iexact=name, is_active=True).first() if "\x00" not in name else None
        if found is None:
            raise forms.ValidationError(gettext("There is no active user with this name."))
        return found


class ChangeServiceForm(ServiceForm):
    username = None  # type: ignore[assignment]  # Django's way to leave out a field that the parent declares
    role = None  # type: ignore[assignment]  # as above
    is_active = forms.BooleanField(label=_("Can be used"), required=False)


class RotateForm(forms.Form):
    """A new key like an old one, which goes on for a while."""

    days = forms.TypedChoiceField(label=_("New key expires after"), choices=DAYS, coerce=int, initial=90)
    overlap_hours = forms.TypedChoiceField(
        label=_("Keep the old key valid for"),
        choices=((0, _("Revoke it immediately")), (24, _("24 hours")), (168, _("7 days")), (720, _("30 days"))),
        coerce=int,
        initial=24,
    )
