"""What people fill in about golden questions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from curation.errors import CurationRefused
from curation.golden.expecting import Expected, read_fact, write_facts
from curation.golden.models import GoldenQuestion
from curation.golden.questions import LONGEST_NOTE, clean_expected, clean_golden
from kb.models import Collection

ANSWER, REFUSAL = "answer", "refusal"


class GoldenForm(forms.Form):
    """A golden question; what its service refuses is said above the form."""

    question = forms.CharField(label=_("Question"), widget=forms.Textarea(attrs={"rows": 2}))
    expect = forms.ChoiceField(
        label=_("Expected"),
        choices=[(ANSWER, _("An answer")), (REFUSAL, _("A refusal: the documents do not contain the answer"))],
        widget=forms.RadioSelect,
        initial=ANSWER,
    )
    facts = forms.CharField(
        label=_("Facts that the answer must state"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One per line. Separate wordings that mean the same with “|”: 6 hours | six hours"),
    )
    documents = forms.CharField(
        label=_("Documents that it must cite"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("One per line, as named in the document list."),
    )
    note = forms.CharField(label=_("Note"), max_length=LONGEST_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    is_active = forms.BooleanField(label=_("In use: asked in every run"), required=False, initial=True)

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.collection = collection
        self.expected = Expected()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            cleaned["question"] = clean_golden(cleaned["question"])
            self.expected = clean_expected(
                collection=self.collection,
                is_refusal=cleaned["expect"] == REFUSAL,
                facts=[read_fact(line) for line in cleaned["facts"].splitlines()],
                documents=cleaned["documents"].splitlines(),
            )
        except CurationRefused as refused:
            self.add_error(None, refused.message)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return what the services take."""
        names = ("question", "note", "is_active")
        return {name: self.cleaned_data[name] for name in names} | {"expected": self.expected}


def initial_of(row: GoldenQuestion) -> dict[str, Any]:
    return {
        "question": row.question,
        "expect": REFUSAL if row.is_refusal else ANSWER,
        "facts": write_facts(row.facts),
        "documents": "\n".join(row.documents),
        "note": row.note,
        "is_active": row.is_active,
    }


class PasteForm(forms.Form):
    """The lines of a file, as its preview sends them again or somebody pasted them."""

    lines = forms.CharField(
        label=_("Lines"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        error_messages={"required": _("Choose a file, or paste its lines.")},
    )
