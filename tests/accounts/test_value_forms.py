"""One view body for every form of values: shown, saved, or shown again with what the service refused."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from accounts.errors import ValuesRefused
from accounts.models import User
from accounts.value_forms import ValuesForm, save_or_show


class NameValues:
    name: str


class NameForm(ValuesForm[Group]):
    values = NameValues
    name = forms.CharField(max_length=5)

    class Meta:
        model = Group
        fields = ("name",)

    def given(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"]} if "name" in self.cleaned_data else {}

    def check(self, given: Any) -> None:
        if given.get("name") == "bad":
            raise ValuesRefused({"name": ["Not this one."]})


def answer(user: User, *, method: str, name: str = "") -> tuple[HttpResponseBase, list[dict[str, Any]], NameForm]:
    """Return the answer, what was saved, and the form; the name "late" is refused only when it is saved."""
    request: HttpRequest = getattr(RequestFactory(), method)("/", {"name": name} if method == "post" else {})
    request.user, request.htmx = user, False
    saved: list[dict[str, Any]] = []

    def save(values: dict[str, Any]) -> HttpResponseBase:
        if values["name"] == "late":
            raise ValuesRefused({"name": ["Taken meanwhile."]})
        saved.append(values)
        return HttpResponse(status=302)

    form = NameForm(request.POST or None)
    context = {"person": None, "group": None}
    return save_or_show(request, form, save=save, template="_form.html", context=context), saved, form


def test_it_shows_saves_or_reports_what_is_wrong(employee: User) -> None:
    assert answer(employee, method="get")[0].status_code == 200
    response, saved, _form = answer(employee, method="post", name="Erin")
    assert (response.status_code, saved) == (302, [{"name": "Erin"}])
    for name, sentence in (("bad", "Not this one."), ("late", "Taken meanwhile."), ("too long", "at most 5 characters")):
        response, saved, form = answer(employee, method="post", name=name)
        assert (response.status_code, saved) == (422, [])
        assert sentence in str(form.errors["name"])
        assert sentence in response.content.decode()
