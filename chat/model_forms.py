"""What a knowledge admin fills in about language models and routes."""

import os
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.llm.openai_compatible import RESERVED
from chat.served import ENVIRONMENT, Route, RouteFallback, ServedModel, question_classes
from kb.models import Collection

FALLBACKS = 3
KEY_PREFIX = "LLM_"
# What LLM_BASE_URL and its like say is changed where they are set.
_SET_BY_ENVIRONMENT = (
    *("name", "base_url", "served_name", "key_variable", "context_tokens", "max_answer_tokens"),
    *("first_token_timeout_s", "total_timeout_s", "max_concurrent", "is_enabled"),
)


class ServedModelForm(forms.ModelForm):
    """A model. Its key goes in and is never shown again."""

    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=500,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Kept encrypted, and never shown again."),
    )
    forgets_key = forms.BooleanField(label=_("Forget the key that is kept"), required=False)

    class Meta:
        model = ServedModel
        fields = [
            *("name", "base_url", "served_name", "lora_name", "key", "forgets_key", "key_variable", "is_external", "is_enabled"),
            *("context_tokens", "max_answer_tokens", "temperature", "extra", "style"),
            *("price_in", "price_out", "weight", "first_token_timeout_s", "total_timeout_s", "max_concurrent"),
        ]
        widgets = {"extra": forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}), "style": forms.RadioSelect}
        help_texts = {
            "name": _("As routes, receipts and this list call it."),
            "base_url": _("Of an OpenAI-compatible server, such as http://127.0.0.1:8100/v1."),
            "served_name": _("What the server calls the model."),
            "lora_name": _("Asked for instead of the model, where the server has loaded it."),
            "key_variable": _("Name of an environment variable that holds the key, instead of keeping it here."),
            "is_external": _("Names, mail addresses, telephone, identity and bank numbers are masked before anything leaves."),
            "context_tokens": _("Tokens that it reads and writes together."),
            "max_answer_tokens": _("In tokens."),
            "extra": _('A JSON object that goes along with each request, such as {"top_p": 0.9}.'),
            "style": _("JSON needs a server with structured outputs, such as vLLM."),
            "price_in": _("In the currency of your contract; 0 where it costs nothing."),
            "weight": _("Of two models that share a route, one with twice the weight gets twice the questions."),
            "max_concurrent": _("More wait in a short queue; beyond it the next model answers, or quotes do."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address_before = self.instance.base_url
        if not self.instance.sealed_key:
            del self.fields["forgets_key"]
        else:
            self.fields["key"].help_text = _("A key is kept. Left empty, it stays; a new one replaces it.")
        if self.instance.is_from_environment and self.instance.pk:
            del self.fields["key"]
            for name in _SET_BY_ENVIRONMENT:
                self.fields[name].disabled = True
            self.fields["name"].help_text = _("LLM_BASE_URL and its like set what cannot be changed here.")

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if name == ENVIRONMENT and not self.instance.pk:
            raise forms.ValidationError(_("This name is for the model that the environment names."))
        return name

    def clean_base_url(self) -> str:
        return self.cleaned_data["base_url"].strip().rstrip("/")

    def clean_extra(self) -> dict[str, Any]:
        extra = self.cleaned_data["extra"] or {}
        if not isinstance(extra, dict):
            raise forms.ValidationError(_('Write a JSON object, such as {"top_p": 0.9}.'))
        if taken := sorted(RESERVED & set(extra)):
            raise forms.ValidationError(_("These options are set by Attest: %(names)s.") % {"names": ", ".join(taken)})
        return extra

    def clean_key_variable(self) -> str:
        name = self.cleaned_data["key_variable"].strip()
        if name and not name.startswith(KEY_PREFIX):
            raise forms.ValidationError(_("The variable's name must begin with LLM_, so that no other secret is sent away."))
        if name and name not in os.environ:
            raise forms.ValidationError(_("No such variable is set for this process."))
        return name

    def save(self, commit: bool = True) -> ServedModel:
        row = self.instance
        if self.cleaned_data.get("key"):
            row.set_key(self.cleaned_data["key"])
        elif self.cleaned_data.get("forgets_key") or _host(self._address_before) != _host(row.base_url):
            row.sealed_key = ""  # the key of one server never goes to another
        return super().save(commit)


def _host(address: str) -> str:
    return urlsplit(address).netloc


class RouteForm(forms.ModelForm):
    """A route: its conditions, and who answers."""

    collections = forms.ModelMultipleChoiceField(
        label=_("Collections"), queryset=Collection.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple
    )
    question_classes = forms.MultipleChoiceField(
        label=_("Kinds of question"), choices=question_classes, required=False, widget=forms.CheckboxSelectMultiple
    )
    primaries = forms.ModelMultipleChoiceField(
        label=_("Models"),
        queryset=ServedModel.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Several share the questions by their weight; a conversation stays with its model."),
    )

    class Meta:
        model = Route
        fields = [
            *("name", "position", "is_enabled", "collections", "question_classes", "complexity", "language"),
            *("primaries", "canary", "canary_percent"),
        ]
        help_texts = {
            "position": _("Routes are read from the lowest on; the first whose conditions all hold is taken."),
            "canary": _("A model to try on some conversations."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("complexity", "language"):
            self.fields[name].choices = [("", _("Any")), *self.fields[name].choices[1:]]
        self.fields["canary"].empty_label = _("None")
        kept = list(self.instance.steps.values_list("model", flat=True)) if self.instance.pk else []
        for place in range(1, FALLBACKS + 1):
            self.fields[f"fallback_{place}"] = forms.ModelChoiceField(
                label=_("Fall-back %(place)d") % {"place": place},
                queryset=ServedModel.objects.order_by("name"),
                required=False,
                empty_label=_("None"),
                initial=kept[place - 1] if place <= len(kept) else None,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("canary_percent") and not cleaned.get("canary"):
            self.add_error("canary", _("Choose the model that gets this share."))
        return cleaned

    def fallbacks(self) -> list[ServedModel]:
        chosen = (self.cleaned_data.get(f"fallback_{place}") for place in range(1, FALLBACKS + 1))
        return [model for model in dict.fromkeys(chosen) if model is not None]

    def save(self, commit: bool = True) -> Route:
        route = super().save(commit)
        route.steps.all().delete()
        for position, model in enumerate(self.fallbacks(), start=1):
            RouteFallback.objects.create(route=route, model=model, position=position)
        return route
