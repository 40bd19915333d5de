"""The pages of prompts, for who manages models."""

from difflib import unified_diff
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import system_admins_only
from accounts.requests import SignedInRequest
from chat.flow.writing.prompting import read_rules
from curation.errors import CurationRefused
from curation.prompts.changing import LONGEST, NAMES, promote, roll_back, rules_in_use, start_share, write_version
from curation.prompts.models import PromptVersion

SHOWN = 50


class VersionForm(forms.Form):
    """A new version: the rules as they are, to be changed."""

    text = forms.CharField(
        label=gettext_lazy("Rules"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"})
    )
    note = forms.CharField(label=gettext_lazy("What changed, and why"), max_length=300, required=False)


@require_GET
@system_admins_only
def prompts(request: SignedInRequest) -> HttpResponse:
    """The prompts, with the versions that answer."""
    rows = PromptVersion.objects.filter(state__in=[PromptVersion.State.ACTIVE, PromptVersion.State.CANARY])
    by_name: dict[str, list[PromptVersion]] = {name: [] for name in NAMES}
    for row in rows:
        by_name[row.name].append(row)
    return render(request, "curation/prompts.html", {"rows": list(by_name.items())})


@require_http_methods(["GET", "POST"])
@system_admins_only
def prompt(request: SignedInRequest, name: str) -> HttpResponseBase:
    """One prompt with its versions, each beside what is in use."""
    if name not in NAMES:
        raise Http404
    current = rules_in_use(name)
    form = VersionForm(request.POST or None, initial={"text": current})
    if request.method == "POST" and form.is_valid():
        try:
            write_version(name=name, user=request.user, **form.cleaned_data)
        except CurationRefused as refused:
            form.add_error("text", refused.message)
        else:
            messages.success(request, _("Saved as a draft. It is not used for any answers yet."))
            return redirect("curation:prompt", name=name)
    versions = list(PromptVersion.objects.filter(name=name).select_related("created_by")[:SHOWN])
    context = {
        "name": name,
        "form": form,
        "versions": [(row, _changes(current, row.text)) for row in versions],
        "release": read_rules(name),
        "is_changed": any(row.state in ("active", "canary") for row in versions),
    }
    return render(request, "curation/prompt.html", context, status=422 if form.errors else 200)


@require_POST
@system_admins_only
def share(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Give a version to a share of the conversations."""
    row = get_object_or_404(PromptVersion, uid=uid)
    given = request.POST.get("share", "")
    try:
        start_share(row=row, share=int(given) if given.isascii() and given.isdecimal() and len(given) < 4 else 0, user=request.user)
        messages.success(request, _("From now on, the version is used for its share of the conversations."))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return redirect("curation:prompt", name=row.name)


@require_POST
@system_admins_only
def use(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Take a version into use for all questions."""
    row = get_object_or_404(PromptVersion, uid=uid)
    try:
        if promote(row=row, user=request.user):
            messages.success(request, _("The version is in use."))
        else:
            messages.info(request, _("The change is tried on the golden questions first, and is applied if none gets worse."))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return redirect("curation:prompt", name=row.name)


@require_POST
@system_admins_only
def back(request: SignedInRequest, name: str) -> HttpResponseBase:
    """Roll back: end a share, or retire the version in use."""
    if name not in NAMES:
        raise Http404
    try:
        roll_back(name=name, user=request.user)
        messages.success(request, _("Rolled back."))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return redirect("curation:prompt", name=name)


def _changes(before: str, after: str) -> list[tuple[str, str]]:
    """Return the lines that differ: "+" or "-", and the line."""
    lines = unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [(line[0], line[1:]) for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
