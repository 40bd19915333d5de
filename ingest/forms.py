"""The upload form."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _


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
