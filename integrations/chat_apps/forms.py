"""The form of a chat program."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.editable import names_of
from accounts.value_forms import ValuesForm
from integrations.chat_apps.editing import LONGEST_SECRET, ChatAppValues, clean_chat_app, serialize_chat_app
from integrations.chat_apps.models import ChatApp
from kb.models import Collection

ORDER = ("name", "kind", "secret", "token", "reply_url", "people", "collections", "posts_openly", "is_enabled")
HIDDEN = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})


class ChatAppForm(ValuesForm[ChatApp]):
    """Which program, how it signs, who its people are."""

    values = ChatAppValues

    secret = forms.CharField(
        label=_("Signing secret"),
        required=False,
        max_length=LONGEST_SECRET,
        widget=HIDDEN,
        help_text=_(
            "Slack: Basic Information, Signing Secret. Teams: the security token. For any other program, one is generated."
        ),
    )
    token = forms.CharField(
        label=_("Bot token"),
        required=False,
        max_length=LONGEST_SECRET,
        widget=HIDDEN,
        help_text=_("Slack only: OAuth & Permissions, xoxb-…"),
    )
    collections = forms.ModelMultipleChoiceField(
        label=_("Collections"),
        queryset=Collection.objects.live().order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each person can ask those of these collections that they can read. Leave empty for all that they can read."),
    )
    people = forms.CharField(
        label=_("People"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_(
            "One per line: their ID in the program = their user name here, for example U02ABC = erin. Nobody else gets answers."
        ),
    )

    class Meta:
        model = ChatApp
        fields = [name for name in names_of(ChatAppValues) if name not in ("people", "secret", "token")]
        widgets = {"kind": forms.RadioSelect}
        help_texts = {
            "reply_url": _("Slack: leave empty. Teams: an incoming webhook, or leave empty to answer within the request."),
            "posts_openly": _(
                "Otherwise Slack shows the answer only to the person who asked, and Teams shows a link: others may not be "
                "allowed to read it."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.TypedChoiceField, self.fields["kind"]).choices = ChatApp.Kind.choices
        self.order_fields(ORDER)
        if self.instance.pk is None:
            del self.fields["is_enabled"]
        else:
            self.fields["kind"].disabled = True
            self.initial["people"] = "\n".join(serialize_chat_app(self.instance)["people"])
            for name in ("secret", "token"):
                self.fields[name].help_text = _("Leave empty to keep the stored one.")

    def value_of(self, name: str) -> Any:
        value = self.cleaned_data[name]
        if name == "people":
            return value.splitlines()
        return [row.slug for row in value] if name == "collections" else value

    def was_sent(self, name: str) -> bool:
        return name == "collections" or super().was_sent(name)  # none ticked is none sent

    def check(self, given: Mapping[str, Any]) -> None:
        values = dict(given)
        if values.get("kind") == ChatApp.Kind.GENERIC and not values.get("secret"):
            values["secret"] = "made when it is saved"  # noqa: S105  no secret
        clean_chat_app(ChatApp.objects.get(pk=self.instance.pk) if self.instance.pk else ChatApp(), values)
