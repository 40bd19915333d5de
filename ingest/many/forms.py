"""What people fill in for something that is done to many documents."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.errors import ValuesRefused
from accounts.models import User
from ingest.many.models import BulkRun
from kb.keeping.forms import DAY
from kb.models import Collection
from kb.rights.folders import WAY
from kb.rights.forms import ALL, FolderChoice, NarrowForm

Action = BulkRun.Action
TARGETS_SHOWN = 200


class ActionForm(forms.Form):
    """An action that takes no values."""

    def __init__(self, *args: Any, collection: Collection, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.collection, self.user = collection, user
        self.set_choices()

    def set_choices(self) -> None:
        """For forms that have some."""

    def given(self) -> dict[str, Any]:
        """Return the values as `ingest.many.acting.clean_action` takes them."""
        return {}

    def refuse(self, refused: ValuesRefused) -> None:
        """Show what a service refused, at its field."""
        for name, sentences in refused.problems.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class MoveForm(ActionForm):
    to = forms.ChoiceField(label=_("Target collection"))

    def set_choices(self) -> None:
        rows = Collection.objects.manageable_by(self.user).exclude(pk=self.collection.pk).order_by("name")[:TARGETS_SHOWN]
        self.fields["to"].choices = [("", "—"), *((row.slug, row.name) for row in rows)]  # type: ignore[attr-defined]  # of a choice

    def given(self) -> dict[str, Any]:
        return {"to": self.cleaned_data["to"]}


class FileForm(ActionForm):
    folder = FolderChoice(None, label=_("Folder"), required=False, to_field_name="uid", empty_label=_("No folder"))

    def set_choices(self) -> None:
        self.fields["folder"].queryset = self.collection.folders.select_related(WAY).order_by("name")  # type: ignore[attr-defined]  # of a choice

    def given(self) -> dict[str, Any]:
        return {"folder": self.cleaned_data["folder"].uid if self.cleaned_data["folder"] else None}


class TagsForm(ActionForm):
    tags = forms.CharField(
        label=_("Tags"), widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}), help_text=_("One per line.")
    )

    def given(self) -> dict[str, Any]:
        return {"tags": self.cleaned_data["tags"].splitlines()}


class OwnerForm(ActionForm):
    owner = forms.CharField(
        label=_("Document owner"),
        required=False,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off", "autocapitalize": "none"}),
        help_text=_("A user name. Leave empty for no owner."),
    )

    def given(self) -> dict[str, Any]:
        return {"owner": self.cleaned_data["owner"].strip() or None}


class DaysForm(ActionForm):
    """Days, each of which is set where it is filled in, or taken away."""

    valid_from = forms.DateField(label=_("Valid from"), required=False, widget=DAY)
    expires_on = forms.DateField(label=_("Expires on"), required=False, widget=DAY)
    review_by = forms.DateField(label=_("Review by"), required=False, widget=DAY)
    clear = forms.MultipleChoiceField(
        label=_("Clear"),
        required=False,
        choices=(("valid_from", _("Valid from")), ("expires_on", _("Expires on")), ("review_by", _("Review by"))),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Dates that are neither filled in nor cleared stay unchanged."),
    )

    def given(self) -> dict[str, Any]:
        days = {name: self.cleaned_data[name] for name in ("valid_from", "expires_on", "review_by")}
        return {name: day for name, day in days.items() if day} | dict.fromkeys(self.cleaned_data["clear"])


class ReadersForm(ActionForm, NarrowForm):
    """Who may read the documents, of those who may read what they lie in."""

    field_order = ("who", "groups", "people")

    def given(self) -> dict[str, Any]:
        return {"readers": self.readers.as_dict() if self.readers is not None else None}


FORMS: dict[str, Callable[..., ActionForm]] = {
    Action.MOVE: MoveForm,
    Action.FILE: FileForm,
    Action.TAG: TagsForm,
    Action.UNTAG: TagsForm,
    Action.OWNER: OwnerForm,
    Action.DAYS: DaysForm,
    Action.NARROW: ReadersForm,
}
INITIAL = {Action.NARROW: {"who": ALL}}
