"""A form whose fields are those of a list of editable values (accounts.editable)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from accounts.editable import names_of
from accounts.errors import ValuesRefused

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:
    ModelForm = forms.ModelForm
else:

    class ModelForm(forms.ModelForm):
        """Django's form, which takes no type argument when it runs."""

        def __class_getitem__(cls, row: type[Model]) -> type["ModelForm"]:
            return cls


class ValuesForm(ModelForm[Row]):
    """A form for a row: its input becomes values for a service, and what the service refuses is shown at its field."""

    values: type  # the list

    def given(self) -> dict[str, Any]:
        """Return the input as the service takes it, without what was not sent or cannot be changed here."""
        return {name: self.value_of(name) for name in names_of(self.values) if self.was_sent(name)}

    def was_sent(self, name: str) -> bool:
        field = self.fields.get(name)
        if field is None or field.disabled or name not in self.cleaned_data:
            return False
        return not field.widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name))

    def value_of(self, name: str) -> Any:
        """Return one value as programs write it."""
        return self.cleaned_data[name]

    def check(self, given: Mapping[str, Any]) -> None:
        """Check the values by the service's rules, so that every error is shown at once. Raises: ValuesRefused."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            self.check(self.given())
        except ValuesRefused as refused:
            self.refuse(refused)
        return cleaned

    def refuse(self, refused: ValuesRefused) -> None:
        """Add each problem to its field, unless the field has reported it already."""
        for name, sentences in refused.problems.items():
            field = self.field_of(name)
            if field is None or field not in self.errors:
                for sentence in sentences:
                    self.add_error(field, sentence)

    def field_of(self, name: str) -> str | None:
        """Return the form's field that a value comes from; None where the form has none."""
        return name if name in self.fields else None

    def _post_clean(self) -> None:
        """Django would write into the row and judge it here; both is the service's, on the row as it is then."""


def save_or_show(
    request: HttpRequest,
    form: ValuesForm[Any],
    *,
    save: Callable[[dict[str, Any]], HttpResponseBase],
    template: str,
    context: Mapping[str, Any],
) -> HttpResponseBase:
    """Answer the address of a form: save what was filled in, or show it with what is wrong.

    Args:
        save: calls the service with the values and returns where to go on. Raises: ValuesRefused: the row has become another one
            since the form was checked.
        context: of the template, beside the form.
    """
    if request.method == "POST" and form.is_valid():
        try:
            return save(form.given())
        except ValuesRefused as refused:
            form.refuse(refused)
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
