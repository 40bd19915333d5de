"""The form of the page that checks a text."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.checking.taking import take_passages, take_question, take_text
from chat.errors import QuestionRefused
from kb.models import Collection

_BETWEEN = re.compile(r"^[ \t]*-{3,}[ \t]*$", re.MULTILINE)


class CheckForm(forms.Form):
    """A text, the question that it answers, and what to check it against: a collection, or passages that are pasted."""

    text = forms.CharField(
        label=_("Text"),
        strip=False,
        help_text=_("For example, an answer from another program, a draft or a summary."),
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Enter the text to be checked.")},
    )
    question = forms.CharField(label=_("Question"), required=False, help_text=_("The question that the text answers."))
    collection = forms.ChoiceField(label=_("Check against"), required=False)
    passages = forms.CharField(
        label=_("Passages"),
        strip=False,
        required=False,
        help_text=_("Only without a collection. Separate passages by a line with three hyphens (---)."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        readable = Collection.objects.visible_to(user)
        slug = str(self.data.get("collection", "")) if self.is_bound else ""
        rows = readable.for_menu(slug=slug if "\x00" not in slug else "")
        field = self.fields["collection"]
        field.choices = [("", _("Passages pasted below")), *((row.slug, row.name) for row in rows)]  # type: ignore[attr-defined]
        if rows:
            field.initial = rows[0].slug

    def clean_text(self) -> str:
        return self._take(take_text, self.cleaned_data["text"].replace("\r\n", "\n"))

    def clean_question(self) -> str:
        return self._take(take_question, self.cleaned_data["question"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        slug = given.get("collection")
        given["within"] = Collection.objects.visible_to(self._user).filter(slug=slug).first() if slug else None
        given["pieces"] = ()
        if not slug and "collection" not in self.errors:
            pasted = given.get("passages", "").replace("\r\n", "\n")
            pieces = [piece.strip("\n") for piece in _BETWEEN.split(pasted) if piece.strip()]
            try:
                given["pieces"] = take_passages(pieces)
            except QuestionRefused as refused:
                message = refused.message if pieces else _("Paste at least one passage, or choose a collection.")
                self.add_error("passages", message)
        return given

    def _take(self, take: Any, text: str) -> str:
        try:
            return str(take(text))
        except QuestionRefused as refused:
            raise forms.ValidationError(refused.message) from refused
