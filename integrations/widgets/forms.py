"""The form of a widget."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.editable import names_of
from accounts.models import ServiceAccount
from accounts.value_forms import ValuesForm
from integrations.widgets.editing import WidgetValues, clean_widget
from integrations.widgets.models import Widget
from kb.models import Collection


class WidgetForm(ValuesForm[Widget]):
    """Where it stands, what it asks, whom it lets in."""

    values = WidgetValues

    origins = forms.CharField(
        label=_("Allowed sites"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One per line, for example https://intranet.example. On all other sites, browsers refuse to show the widget."),
    )
    collections = forms.ModelMultipleChoiceField(
        label=_("Collections"),
        queryset=Collection.objects.live().order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each visitor can ask those of these collections that they can read. Leave empty for all that they can read."),
    )
    guest = forms.ModelChoiceField(
        label=_("Visitors without a token ask as"),
        queryset=ServiceAccount.objects.select_related("user").order_by("user__username"),
        required=False,
        empty_label=_("Nobody: they are asked to sign in to the site"),
        help_text=_("A service account: visitors can read what its groups can read, and nothing else."),
    )

    class Meta:
        model = Widget
        fields = list(names_of(WidgetValues))
        widgets = {
            "accent": forms.TextInput(attrs={"type": "color"}),
            "signing": forms.RadioSelect,
            "match_by": forms.RadioSelect,
            "public_key": forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        }
        help_texts = {
            "name": _("For this list and the audit."),
            "title": _("The title that visitors see above the questions."),
            "public_key": _("For EdDSA only: an Ed25519 key in PEM form."),
            "match_by": _("Which property of an Attest account the token’s “sub” contains."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["origins"] = "\n".join(self.instance.origins)
        self.fields["guest"].label_from_instance = lambda row: row.user.username  # type: ignore[attr-defined]
        if self.instance.pk is None:
            del self.fields["is_enabled"]

    def value_of(self, name: str) -> Any:
        value = self.cleaned_data[name]
        if name == "origins":
            return value.split()
        if name == "collections":
            return [row.slug for row in value]
        if name == "guest":
            return value.user.username if value else ""
        return value

    def was_sent(self, name: str) -> bool:
        return name == "collections" or super().was_sent(name)  # none ticked is none sent

    def check(self, given: Mapping[str, Any]) -> None:
        clean_widget(Widget.objects.get(pk=self.instance.pk) if self.instance.pk else Widget(), given)
