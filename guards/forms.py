"""The forms of guards."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.editable import names_of
from accounts.models import User
from accounts.value_forms import ValuesForm
from guards.editing import GuardValues, clean_guard
from guards.models import Guard
from kb.models import Collection

LONGEST_TRY = 4_000


class GuardForm(ValuesForm[Guard]):
    """What it looks for, where, and what follows."""

    values = GuardValues

    collection = forms.ModelChoiceField(
        label=_("Collection"),
        queryset=Collection.objects.none(),
        required=False,
        empty_label=_("All collections"),
        help_text=_("A guard of one collection refuses what is asked there; asked of several, nothing is taken from it."),
    )

    class Meta:
        model = Guard
        fields = list(names_of(GuardValues))
        widgets = {
            "terms": forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
            "mode": forms.RadioSelect,
            "message_en": forms.Textarea(attrs={"rows": 2}),
            "message_zh": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "terms": _(
                "One a line; # begins a comment. Words: * at the end stands for any letters. Topics: an example question each. "
                "Personal data: EMAIL, ID, BANK, PHONE, PERSON, or nothing for all. A model: its policy."
            ),
            "mode": _("Monitor records what is found and lets it pass. Try that first."),
            "threshold": _("Of topics, between 0 and 1: lower finds more, and more that is harmless."),
            "model": _("Of Llama Guard and of a model with a policy: its name on the page Models."),
            "message_en": _("Empty: a general sentence."),
            "message_zh": _("Empty: a general sentence."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        field = cast("forms.ModelChoiceField[Collection]", self.fields["collection"])
        field.queryset = Collection.objects.manageable_by(user).order_by("name")
        if not user.is_knowledge_admin:
            field.empty_label, field.required = None, True
        self.fields["threshold"].required = False

    def value_of(self, name: str) -> Any:
        value = self.cleaned_data[name]
        if name == "collection":
            return value.slug if value else ""
        if name == "threshold" and value is None:
            return Guard._meta.get_field("threshold").get_default()
        return value

    def check(self, given: Mapping[str, Any]) -> None:
        row = Guard.objects.select_related("collection").get(pk=self.instance.pk) if self.instance.pk else Guard()
        clean_guard(row, given, user=self.user)


class TryForm(forms.Form):
    text = forms.CharField(label=_("A question to try"), max_length=LONGEST_TRY, widget=forms.Textarea(attrs={"rows": 2}))
