"""Forms for language models and routes."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.editable import names_of
from accounts.value_forms import ValuesForm
from gateway.editing.editable import RouteValues, ServedModelValues
from gateway.editing.values import FALLBACKS, KEY_CHARACTERS, SET_BY_ENVIRONMENT, clean_model, clean_route
from gateway.models import Route, ServedModel, question_classes
from kb.models import Collection


class ServedModelForm(ValuesForm[ServedModel]):
    """A model. Its key goes in and is never shown again."""

    values = ServedModelValues

    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=KEY_CHARACTERS,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Stored encrypted and never shown again."),
    )
    forgets_key = forms.BooleanField(label=_("Delete the stored key"), required=False)

    class Meta:
        model = ServedModel
        fields = names_of(ServedModelValues)
        widgets = {
            "extra": forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
            "style": forms.RadioSelect,
            "served_name": forms.TextInput(attrs={"list": "served-names", "autocomplete": "off"}),
        }
        help_texts = {
            "name": _("Shown in this list, in routes and on receipts."),
            "base_url": _("Of an OpenAI-compatible server, for example http://127.0.0.1:8100/v1."),
            "served_name": _("The model’s name on the server."),
            "lora_name": _("Requested instead of the base model. The server must have loaded it."),
            "key_variable": _("An environment variable that holds the key, instead of storing the key here."),
            "is_external": _(
                "Names, email addresses, and phone, identity and bank account numbers are masked before anything is sent."
            ),
            "context_tokens": _("Maximum input and output tokens together."),
            "max_answer_tokens": _("In tokens."),
            "extra": _('A JSON object added to each request, for example {"top_p": 0.9}.'),
            "style": _("JSON requires a server with structured outputs, such as vLLM."),
            "price_in": _("In the currency of your contract. Enter 0 if it is free."),
            "weight": _("When models share a route, questions are distributed in proportion to their weights."),
            "max_concurrent": _(
                "Further requests wait in a short queue. When it is full, the next model answers, or the documents are quoted."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.sealed_key:
            del self.fields["forgets_key"]
        else:
            self.fields["key"].help_text = _("A key is stored. Leave empty to keep it, or enter a new one to replace it.")
        if self.instance.is_from_environment and self.instance.pk:
            del self.fields["key"]
            for name in self.fields.keys() & set(SET_BY_ENVIRONMENT):
                self.fields[name].disabled = True
            self.fields["name"].help_text = _(
                "Fields that cannot be edited here are set by LLM_BASE_URL and related environment variables."
            )

    def clean_extra(self) -> dict[str, Any]:
        """Refuse JSON that is no object: a list is no set of options."""
        extra = self.cleaned_data["extra"] or {}
        if not isinstance(extra, dict):
            raise forms.ValidationError(_('Enter a JSON object, for example {"top_p": 0.9}.'))
        return extra

    def check(self, given: Mapping[str, Any]) -> None:
        clean_model(ServedModel.objects.get(pk=self.instance.pk) if self.instance.pk else ServedModel(), given)


class RouteForm(ValuesForm[Route]):
    """A route: its conditions, and who answers."""

    values = RouteValues

    collections = forms.ModelMultipleChoiceField(
        label=_("Collections"),
        queryset=Collection.objects.live().order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    question_classes = forms.MultipleChoiceField(
        label=_("Question types"), choices=question_classes, required=False, widget=forms.CheckboxSelectMultiple
    )
    primaries = forms.ModelMultipleChoiceField(
        label=_("Models"),
        queryset=ServedModel.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Selected models share the questions by weight. A conversation keeps its model."),
    )

    class Meta:
        model = Route
        fields = [name for name in names_of(RouteValues) if name != "fallbacks"]
        help_texts = {
            "position": _("Routes are checked in ascending order. The first one whose conditions all match is used."),
            "canary": _("A model to test with a share of the conversations."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("complexity", Route.Complexity.choices), ("language", Route.Language.choices)):
            cast(forms.TypedChoiceField, self.fields[name]).choices = [("", _("Any")), *choices]
        cast("forms.ModelChoiceField[ServedModel]", self.fields["canary"]).empty_label = _("None")
        if gone := self._deleted_collections():
            self.fields["collections"].help_text = _(
                "Deleted since: %(names)s. Saving removes them; a route without any condition matches every question."
            ) % {"names": ", ".join(gone)}
        kept = list(self.instance.steps.values_list("model", flat=True)) if self.instance.pk else []
        for place in range(1, FALLBACKS + 1):
            self.fields[f"fallback_{place}"] = forms.ModelChoiceField(
                label=_("Fallback %(place)d") % {"place": place},
                queryset=ServedModel.objects.order_by("name"),
                required=False,
                empty_label=_("None"),
                initial=kept[place - 1] if place <= len(kept) else None,
            )

    def _deleted_collections(self) -> list[str]:
        if not self.instance.pk:
            return []
        return list(self.instance.collections.exclude(deleted_at=None).order_by("name").values_list("name", flat=True))

    def was_sent(self, name: str) -> bool:
        if name == "fallbacks":
            return any(super(RouteForm, self).was_sent(f"fallback_{place}") for place in range(1, FALLBACKS + 1))
        return super().was_sent(name)

    def value_of(self, name: str) -> Any:
        if name == "fallbacks":
            chosen = (self.cleaned_data.get(f"fallback_{place}") for place in range(1, FALLBACKS + 1))
            return [model.name for model in dict.fromkeys(chosen) if model is not None]
        value = self.cleaned_data[name]
        if name == "canary":
            return value.name if value else ""
        if name in ("collections", "primaries"):
            return [row.slug if name == "collections" else row.name for row in value]
        return value

    def check(self, given: Mapping[str, Any]) -> None:
        clean_route(Route.objects.get(pk=self.instance.pk) if self.instance.pk else Route(), given)

    def field_of(self, name: str) -> str | None:
        return "fallback_1" if name == "fallbacks" else super().field_of(name)
