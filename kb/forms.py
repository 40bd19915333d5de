"""What people fill in about collections."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from kb.models import Collection
from retrieval.vocabulary import MAX_LINES, BadVocabulary, read_vocabulary

MAX_QUESTIONS = 12


class CollectionForm(forms.ModelForm):
    """A collection's name, address, readers and suggested questions (one a line)."""

    questions = forms.CharField(
        label=_("Suggested questions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line. They are offered to readers on the empty chat page."),
    )

    class Meta:
        model = Collection
        fields = ["name", "slug", "description", "groups", "vocabulary", "sufficiency_threshold"]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "groups": forms.CheckboxSelectMultiple,
            "vocabulary": forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        }
        labels = {"groups": _("Readers"), "sufficiency_threshold": _("Least certainty")}
        help_texts = {
            "sufficiency_threshold": _(
                "From 0 to 1. Below it a question is refused instead of answered: higher refuses more. "
                "Empty: the calibrated default."
            ),
            "slug": _("Latin letters, digits and hyphens; part of the address. Left empty, it is made from the name."),
            "groups": _("Members of these groups may read the collection. Knowledge admins read every collection."),
            "vocabulary": _(
                "One a line: words that mean the same, joined by “=”, as in “PTO = paid time off”; or a term of your own. "
                "They count with the next question; nothing is indexed anew."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["groups"].queryset = Group.objects.order_by("name")
        self.fields["slug"].required = False
        if self.instance.pk:
            self.fields["questions"].initial = "\n".join(self.instance.suggested_questions)
            self.fields["slug"].disabled = True  # addresses in citations and scripts stay valid
            self.fields["slug"].help_text = _("The address stays as it is, so that links keep working.")

    def clean_sufficiency_threshold(self) -> float | None:
        """Refuse what is no probability."""
        threshold: float | None = self.cleaned_data["sufficiency_threshold"]
        if threshold is not None and not 0 <= threshold <= 1:
            raise forms.ValidationError(_("Give a number from 0 to 1."))
        return threshold

    def clean_slug(self) -> str:
        """Make the address from the name where none is given; a name without Latin letters needs one by hand."""
        slug = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:60]
        if not slug:
            raise forms.ValidationError(_("Give an address of Latin letters, digits and hyphens, for example “travel”."))
        if Collection.objects.exclude(pk=self.instance.pk).filter(slug=slug).exists():
            raise forms.ValidationError(_("Another collection has this address."))
        return slug

    def clean_questions(self) -> list[str]:
        """Return the lines that say something, at most twelve of 300 characters."""
        lines = [" ".join(line.split()) for line in self.cleaned_data["questions"].splitlines()]
        questions = [line for line in lines if line]
        if len(questions) > MAX_QUESTIONS:
            raise forms.ValidationError(_("At most %(count)d questions.") % {"count": MAX_QUESTIONS})
        if any(len(question) > 300 for question in questions):
            raise forms.ValidationError(_("A suggested question has at most 300 characters."))
        return questions

    def clean_vocabulary(self) -> str:
        """Refuse a line that is too long, or too many of them."""
        text: str = self.cleaned_data["vocabulary"]
        try:
            read_vocabulary(text)
        except BadVocabulary as error:
            raise forms.ValidationError(
                _("This line is too long, or there are more than %(count)d lines: %(line)s")
                % {"count": MAX_LINES, "line": error.line[:80]}
            ) from error
        return text

    def save(self, commit: bool = True) -> Collection:
        self.instance.suggested_questions = self.cleaned_data["questions"]
        return super().save(commit)


class ExplainForm(forms.Form):
    """What to search for, with whose rights, where, and which document is missed."""

    q = forms.CharField(label=_("Question"), max_length=2000, widget=forms.TextInput(attrs={"type": "search"}))
    person = forms.CharField(
        label=_("With the rights of"),
        required=False,
        help_text=_("A user name. Empty: your own."),
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
    )
    collection = forms.ModelChoiceField(
        Collection.objects.none(), label=_("Collection"), required=False, to_field_name="slug", empty_label=_("All")
    )
    document = forms.CharField(label=_("A document you miss"), required=False, help_text=_("Its name, or part of it."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["collection"].queryset = Collection.objects.order_by("name")

    def clean_person(self) -> User | None:
        """Return the active user of this name, None where none is given."""
        name = self.cleaned_data["person"].strip()
        if not name:
            return None
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("There is no active user of this name."))
        return user
