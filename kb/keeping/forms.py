"""What people fill in about documents: their values, their tags."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.editable import names_of
from accounts.value_forms import ValuesForm
from kb.editable import DocumentValues
from kb.keeping.values import clean_document
from kb.models import Collection, Document, Tag

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DocumentForm(ValuesForm[Document]):
    """A document's tags (one a line), owner and days."""

    values = DocumentValues

    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One per line. Readers can narrow lists and questions by them."),
    )
    owner = forms.CharField(
        label=_("Document owner"),
        required=False,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off", "autocapitalize": "none"}),
        help_text=_(
            "The user name of the person responsible for its content. They are reminded of reviews; this gives them no "
            "additional permissions."
        ),
    )

    class Meta:
        model = Document
        fields = names_of(DocumentValues)
        widgets = {"valid_from": DAY, "expires_on": DAY, "review_by": DAY}
        labels = {"valid_from": _("Valid from"), "expires_on": _("Expires on"), "review_by": _("Review by")}
        help_texts = {
            "valid_from": _("Answers leave the document out before this day."),
            "expires_on": _("The last day on which it is valid. What happens afterwards is set for the collection."),
            "review_by": _("The owner sees it under “Documents to review” from two weeks before."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tags"] = "\n".join(sorted((tag.name for tag in self.instance.tags.all()), key=str.casefold))
        self.initial["owner"] = self.instance.owner.username if self.instance.owner else ""

    def value_of(self, name: str) -> Any:
        value = self.cleaned_data[name]
        if name == "tags":
            return value.splitlines()
        return (value.strip() or None) if name == "owner" else value

    def check(self, given: Mapping[str, Any]) -> None:
        clean_document(Document.objects.select_related("collection").get(pk=self.instance.pk), given)


class TagForm(forms.Form):
    """A tag's name."""

    name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class MergeForm(forms.Form):
    """The tag that is to take another one's place."""

    into = forms.ModelChoiceField(Tag.objects.none(), label=_("Merge into"), to_field_name="uid", empty_label="—")

    def __init__(self, *args: Any, collection: Collection, tag: Tag, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = collection.tags.exclude(pk=tag.pk)  # type: ignore[attr-defined]  # of a choice


class ReviewedForm(forms.Form):
    """By when a document is to be looked through again."""

    review_by = forms.DateField(label=_("Next review"), required=False, widget=DAY)
