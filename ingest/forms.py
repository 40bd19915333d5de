"""The forms of uploads, and of passages."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from kb.models import Chunk, PassageChange


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; empty ones pass here, since the service refuses them with a better sentence."""

    widget = FilesInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[bytes]"]:
        files = (data if isinstance(data, list) else [data]) or [None]
        return [super(FilesField, self).clean(file, initial) for file in files]


class UploadForm(forms.Form):
    files = FilesField(  # type: ignore[assignment]  # Django keeps fields apart from the attribute of this name
        label=_("Files"), error_messages={"required": _("Choose a file.")}
    )


class ReplacementForm(forms.Form):
    """One file; an empty one passes here, since the service refuses it with a better sentence."""

    file = forms.FileField(label=_("File"), allow_empty_file=True, error_messages={"required": _("Choose a file.")})


class PassageForm(forms.Form):
    """What becomes of a passage, and why."""

    kind = forms.ChoiceField(
        label=_("Change"),
        choices=(
            (PassageChange.Kind.CORRECTED, _("Correct what was read")),
            (PassageChange.Kind.OFF, _("Switch it off: no answer uses it")),
        ),
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("Corrected text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Used and quoted instead of the passage. Citations show who corrected it and when, and what the page says."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.TextInput(attrs={"maxlength": 500, "autocomplete": "off"}),
        help_text=_("Kept in the audit and shown with the passage."),
        error_messages={"required": _("Give a reason. Reviewers of answers will see it.")},
    )

    @staticmethod
    def initial_of(chunk: Chunk) -> dict[str, Any]:
        """Return what the form shows of a passage."""
        change = chunk.change
        kind = change.kind if change is not None else PassageChange.Kind.CORRECTED
        return {"kind": kind, "text": chunk.text, "reason": change.reason if change is not None else ""}
