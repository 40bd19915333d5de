"""What people fill in about collections."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.editable import names_of
from accounts.models import User
from accounts.value_forms import ValuesForm
from kb.editable import GROUP_NAMES, OWNERS_ALONE, CollectionValues
from kb.models import Collection
from kb.reading_faults import NOTE_CHARACTERS
from kb.services import clean_collection


class CollectionForm(ValuesForm[Collection]):
    """A collection's name, address, readers and suggested questions (one a line)."""

    values = CollectionValues

    suggested_questions = forms.CharField(
        label=_("Suggested questions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One per line. Shown to readers on the empty chat page."),
    )

    class Meta:
        model = Collection
        fields = names_of(CollectionValues)
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "groups": forms.CheckboxSelectMultiple,
            "download_groups": forms.CheckboxSelectMultiple,
            "vocabulary": forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        }
        labels = {
            "groups": _("Readers"),
            "is_listed": _("Others see that it exists, and can ask for access"),
            "download_groups": _("May download originals"),
            "sufficiency_threshold": _("Answer threshold"),
            "expired_documents": _("Expired documents"),
        }
        help_texts = {
            "sufficiency_threshold": _(
                "From 0 to 1. A question is refused if its probability of being answered is lower; a higher value "
                "refuses more questions. Leave empty for the calibrated default."
            ),
            "slug": _("Latin letters, digits and hyphens. It is part of the URL. Leave empty to create it from the name."),
            "groups": _("Members of these groups can read the collection. Knowledge admins can read all collections."),
            "download_groups": _(
                "Members of these groups can download the originals of documents that they can read. Everyone else sees pages and "
                "quotes only."
            ),
            "vocabulary": _(
                "One entry per line: synonyms joined by “=”, for example “PTO = paid time off”, or a single term. "
                "Changes apply to the next question, without a new index."
            ),
        }

    def __init__(self, *args: Any, is_owner: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_owner:
            for name in OWNERS_ALONE:
                del self.fields[name]
        for name in GROUP_NAMES & self.fields.keys():
            cast("forms.ModelMultipleChoiceField[Group]", self.fields[name]).queryset = Group.objects.order_by("name")
        self.fields["slug"].required = False
        if "expired_documents" in self.fields:
            self.fields["expired_documents"].required = False  # what is not sent stays as it is
        self.initial["suggested_questions"] = "\n".join(self.instance.suggested_questions)
        if self.instance.pk:
            self.fields["slug"].disabled = True  # addresses in citations and scripts stay valid
            self.fields["slug"].help_text = _("The address cannot be changed, so that links keep working.")

    def value_of(self, name: str) -> Any:
        value = self.cleaned_data[name]
        if name in GROUP_NAMES:
            return [group.name for group in value]
        return value.splitlines() if name == "suggested_questions" else value

    def check(self, given: Mapping[str, Any]) -> None:
        row = Collection.objects.get(pk=self.instance.pk) if self.instance.pk else Collection()
        clean_collection(row, given)


class ExplainForm(forms.Form):
    """What to search for, with whose rights, where, and which document is missed."""

    q = forms.CharField(label=_("Question"), max_length=2000, widget=forms.TextInput(attrs={"type": "search"}))
    person = forms.CharField(
        label=_("Search as"),
        required=False,
        help_text=_("A user name. Leave empty to search as yourself."),
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
    )
    collection = forms.ModelChoiceField(
        Collection.objects.none(), label=_("Collection"), required=False, to_field_name="slug", empty_label=_("All")
    )
    document = forms.CharField(label=_("Expected document"), required=False, help_text=_("Its name, or a part of it."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast("forms.ModelChoiceField[Collection]", self.fields["collection"])
        choice.queryset = Collection.objects.visible_to(user).order_by("name")

    def clean_person(self) -> User | None:
        """Return the active user of this name, None where none is given."""
        name = self.cleaned_data["person"].strip()
        if not name:
            return None
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("There is no active user with this name."))
        return user


class ReadingFaultForm(forms.Form):
    """What a reader found wrong on a page."""

    note = forms.CharField(
        label=_("What is wrong?"),
        max_length=NOTE_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE_CHARACTERS}),
        error_messages={"required": _("Say in a few words what is wrong on this page.")},
    )
