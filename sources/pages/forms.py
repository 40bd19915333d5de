"""Forms of a source: what and where, by the settings of its kind; and who a principal of it is here."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.errors import ValuesRefused
from sources.connectors.port import Manifest, Setting
from sources.sync.models import INTERVALS, Source
from sources.sync.values import MAX_SECRET

PREFIXES = {"options": "option", "secrets": "secret", "secret_variables": "variable"}
AUTOMATIC, SOMEBODY, NOBODY = "automatic", "somebody", "nobody"


class SourceForm(forms.Form):
    """Its fields are those of the kind, and when it runs. Stored secrets are never shown again."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Used as the first part of document names and locations."))
    interval_minutes = forms.TypedChoiceField(label=_("Schedule"), choices=INTERVALS, coerce=int, initial=60)
    max_kilobytes_per_s = forms.IntegerField(
        label=_("Bandwidth limit"), required=False, min_value=1, max_value=2**31 - 1, help_text=_("Kilobytes per second.")
    )
    hours_from = forms.IntegerField(label=_("Runs only from hour"), required=False, min_value=0, max_value=23)
    hours_to = forms.IntegerField(
        label=_("to hour"), required=False, min_value=0, max_value=23, help_text=_("For example from 20 to 6: at night.")
    )

    def __init__(self, *args: Any, source: Source, manifest: Manifest, **kwargs: Any) -> None:
        self.source, self.manifest = source, manifest
        super().__init__(*args, **{"initial": self._initial()} | kwargs)
        for one in manifest.settings:
            if one.secret:
                self._add_secret(one)
            else:
                self.fields[f"option_{one.name}"] = _field_of(one)
        if source.pk is not None:
            del self.fields["name"]
        own = [name for name in self.fields if name.split("_", 1)[0] in PREFIXES.values()]
        self.order_fields(["name", *own])

    def _initial(self) -> dict[str, Any]:
        source = self.source
        values: dict[str, Any] = {
            name: getattr(source, name) for name in ("interval_minutes", "max_kilobytes_per_s", "hours_from", "hours_to")
        }
        for one in self.manifest.settings:
            if not one.secret:
                kept = source.options.get(one.name, one.default)
                values[f"option_{one.name}"] = kept == "yes" if one.kind == "yes_no" else kept
            else:
                values[f"variable_{one.name}"] = source.secret_variables.get(one.name, "")
        return values

    def _add_secret(self, one: Setting) -> None:
        is_kept = bool(self.source.sealed_secrets)
        self.fields[f"secret_{one.name}"] = forms.CharField(
            label=cast(str, one.label),
            required=False,
            max_length=MAX_SECRET,
            widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
            help_text=_("Leave empty to keep the current one.")
            if is_kept
            else one.help or _("Stored encrypted and never shown again."),
        )
        names = sorted({*settings.SOURCE_SECRETS, *filter(None, [self.source.secret_variables.get(one.name, "")])})
        if names:
            self.fields[f"variable_{one.name}"] = forms.ChoiceField(
                label=_("… or from the environment"),
                required=False,
                choices=[("", "—"), *((name, name) for name in names)],
                help_text=_("Set by an administrator of this installation as ATTEST_SOURCE_SECRET_NAME."),
            )

    def values(self) -> dict[str, Any]:
        """Return the input as the services take it."""
        given: dict[str, Any] = {
            name: self.cleaned_data[name] for name in ("interval_minutes", "max_kilobytes_per_s", "hours_from", "hours_to")
        }
        if self.source.pk is None:
            given |= {"name": self.cleaned_data["name"], "kind": self.manifest.kind}
        for group, prefix in PREFIXES.items():
            found = {}
            for one in self.manifest.settings:
                value = self.cleaned_data.get(f"{prefix}_{one.name}")
                if value is not None:
                    found[one.name] = ("yes" if value else "no") if isinstance(value, bool) else str(value)
            given[group] = found
        return given

    def refuse(self, refused: ValuesRefused) -> None:
        """Show what a service refused, at its field."""
        for name, sentences in refused.problems.items():
            group, _dot, rest = name.partition(".")
            field = f"{PREFIXES[group]}_{rest}" if group in PREFIXES and rest else name
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)


def _field_of(one: Setting) -> forms.Field:
    label, help_text = cast(str, one.label), cast(str, one.help)
    if one.kind == "yes_no":
        return forms.BooleanField(label=label, help_text=help_text, required=False)
    if one.kind == "choice":
        return forms.ChoiceField(label=label, help_text=help_text, required=one.required, choices=one.choices)
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, help_text=help_text, required=one.required, max_length=2000, widget=widget)


class RuleForm(forms.Form):
    """Who a principal of the source is here."""

    who = forms.ChoiceField(
        label=_("Here it is"),
        choices=(
            (AUTOMATIC, _("Whoever has this email address, user name, directory ID or group name")),
            (SOMEBODY, _("These groups and people:")),
            (NOBODY, _("Nobody; no match is needed")),
        ),
        widget=forms.RadioSelect,
    )
    groups = forms.CharField(
        label=_("Groups"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("Names of groups, one per line."),
    )
    people = forms.CharField(
        label=_("People"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_("User names, one per line."),
    )

    def named(self) -> dict[str, Any]:
        """Return the input as `sources.sync.rights.set_rules` takes it."""
        who = self.cleaned_data["who"]
        lines = {
            name: [line.strip() for line in self.cleaned_data[name].splitlines() if line.strip()] for name in ("groups", "people")
        }
        return {**(lines if who == SOMEBODY else {"groups": [], "people": []}), "is_nobody": who == NOBODY}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("who") == SOMEBODY and not (cleaned.get("groups", "").strip() or cleaned.get("people", "").strip()):
            self.add_error("groups", _("Name a group or a person."))
        return cleaned
