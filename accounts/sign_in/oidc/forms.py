"""The form of an identity provider."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import IdentityProvider
from accounts.sign_in.oidc.values import ProviderInvalid, Rules, read_rules, write_rules

PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class ProviderForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("On the sign-in page: “Sign in with …”."))
    slug = forms.CharField(
        label=_("Short name"),
        max_length=40,
        help_text=_("Part of addresses, such as “entra”. It cannot be changed later."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=300,
        help_text=_("The address where the provider publishes its configuration. It cannot be changed later."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    client_id = forms.CharField(label=_("Client ID"), max_length=191, widget=forms.TextInput(attrs=PLAIN))
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Stored encrypted and never shown. Leave empty to keep the current one."),
    )
    groups_claim = forms.CharField(
        label=_("Claim with groups"), max_length=120, initial="groups", widget=forms.TextInput(attrs=PLAIN)
    )
    group_rules = forms.CharField(
        label=_("Rules for groups"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_(
            "One rule per line: value of the claim = group here. * matches anything. People join and leave these groups each "
            "time they sign in."
        ),
    )
    asks_userinfo = forms.BooleanField(
        label=_("Ask the provider’s userinfo address too"),
        required=False,
        initial=True,
        help_text=_("Leave it off for Microsoft Entra ID: its ID token already contains everything."),
    )
    matches_names = forms.BooleanField(label=_("Also join groups here that have the same name as one in the claim"), required=False)
    makes_people = forms.BooleanField(label=_("Create an account at the first sign-in"), required=False, initial=True)
    links_by_email = forms.BooleanField(
        label=_("Connect to existing accounts with the same email address"),
        required=False,
        help_text=_("Only if the provider verifies addresses: whoever can set an address there gets the account here."),
    )
    is_enabled = forms.BooleanField(label=_("On the sign-in page"), required=False)

    def __init__(self, *args: Any, row: IdentityProvider, **kwargs: Any) -> None:
        initial = {
            name: getattr(row, name) for name in self.base_fields if name not in ("client_secret", "group_rules", "metadata")
        }
        initial["group_rules"] = write_rules(tuple((pattern, group) for pattern, group in row.group_rules))
        super().__init__(*args, **{**kwargs, "initial": initial if row.pk else {}})
        if row.pk:
            for name in ("slug", "issuer"):
                self.fields.pop(name, None)

    def clean_group_rules(self) -> Rules:
        try:
            return read_rules(self.cleaned_data["group_rules"])
        except ProviderInvalid as invalid:
            raise forms.ValidationError(gettext("This line is not a valid rule: %(line)s") % {"line": invalid}) from invalid


class SamlForm(ProviderForm):
    """A SAML provider: what it is and how it signs comes from its metadata."""

    issuer = client_id = client_secret = asks_userinfo = None  # type: ignore[assignment]  # Django's way to leave out what the parent declares
    metadata = forms.CharField(
        label=_("Metadata"),
        max_length=500_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("The XML document in which the provider describes itself."),
    )
    field_order = ("name", "slug", "metadata")

    def __init__(self, *args: Any, row: IdentityProvider, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        if row.pk:
            self.fields["metadata"].required = False
            self.fields["metadata"].help_text = _(
                "Only if its certificate or address changes. Leave empty to keep the current one."
            )
