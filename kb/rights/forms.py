"""What people fill in about folders and who may read what is in them."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.errors import ValuesRefused
from kb.models import Collection, Document, Folder
from kb.rights.folders import WAY, path_of
from kb.rights.readers import Readers, clean_readers, readers_named_by

ALL, SOME = "all", "some"


class NarrowForm(forms.Form):
    """Who may read a folder or a document: all who may read what it lies in, or these of them, one name a line."""

    who = forms.ChoiceField(
        label=_("Readers"),
        choices=((ALL, _("Everyone who can read the folder or collection that contains it")), (SOME, _("Only some of them:"))),
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
        help_text=_("User names, one per line. With neither groups nor people, only those who manage the collection can read it."),
    )
    readers: Readers | None

    @staticmethod
    def initial_of(row: Document | Folder) -> dict[str, Any]:
        """Return what the form shows of a row."""
        readers = readers_named_by(row)
        if readers is None:
            return {"who": ALL}
        return {"who": SOME, "groups": "\n".join(readers.groups), "people": "\n".join(readers.people)}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.readers = None
        if cleaned.get("who") == SOME:
            try:
                self.readers = clean_readers(
                    groups=cleaned.get("groups", "").splitlines(), people=cleaned.get("people", "").splitlines()
                )
            except ValuesRefused as refused:
                self.refuse(refused)
        return cleaned

    def refuse(self, refused: ValuesRefused) -> None:
        """Show what a service refused, at its field."""
        for name, sentences in refused.problems.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class FolderForm(NarrowForm):
    """A folder's name and readers."""

    name = forms.CharField(label=_("Folder name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    field_order = ("name", "who", "groups", "people")


if TYPE_CHECKING:
    FolderField = forms.ModelChoiceField[Folder]
else:
    FolderField = forms.ModelChoiceField  # takes no type argument when it runs


class FolderChoice(FolderField):
    """A choice of folders by their paths."""

    def label_from_instance(self, obj: Any) -> str:
        return path_of(obj)


class DocumentReadersForm(NarrowForm):
    """The folder that a document lies in, and who may read it."""

    folder = FolderChoice(Folder.objects.none(), label=_("Folder"), required=False, to_field_name="uid", empty_label=_("No folder"))
    field_order = ("folder", "who", "groups", "people")

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Folder]", self.fields["folder"])
        field.queryset = Folder.objects.filter(collection=collection).select_related(WAY).order_by("name")
