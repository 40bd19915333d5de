"""The page that takes people from a CSV file: it shows what would happen, line by line, and then does it."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import system_admins_only
from accounts.errors import AccountRefused
from accounts.people.importing import Plan, plan_import, run_import
from accounts.requests import SignedInRequest
from accounts.sign_in.mail import has_mail

LINES_SHOWN = 200
SAMPLE = """username,first_name,last_name,email,groups,ends_on
nora.k,Nora,Kim,nora@example.com,Finance; All staff,
vic,Vic,Ray,vic@partner.example,Partners,2027-03-31"""


class ImportForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("CSV"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off", "data-file-text": ""}),
        help_text=gettext_lazy("Choose a file, or paste its contents. The first line must contain the column names."),
    )
    digest = forms.CharField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "POST"])
@system_admins_only
def import_people(request: SignedInRequest) -> HttpResponseBase:
    """The form; the plan of what was sent; or, where that plan was seen and still holds, its doing."""
    form, plan = ImportForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            plan = plan_import(form.cleaned_data["text"])
            if request.POST.get("act") == "import" and plan.digest == form.cleaned_data["digest"]:
                run_import(plan, actor=request.user)
                messages.success(request, _told(plan))
                return redirect("accounts:index")
        except AccountRefused as refused:
            form.add_error("text", refused.message)
    context = {"form": form, "sample": SAMPLE, "has_mail": has_mail()}
    if plan is not None:
        lines = sorted(plan.lines, key=lambda line: line.action != "refuse")  # what has to be put right first
        context |= {
            "plan": plan,
            "page": Paginator(lines, LINES_SHOWN).page(1),
            "counts": {action: len(plan.having(action)) for action in ("make", "change", "same", "refuse")},
            "is_stale": request.POST.get("act") == "import",
        }
    return render(request, "people/import.html", context, status=422 if form.errors else 200)


def _told(plan: Plan) -> str:
    made, changed = len(plan.having("make")), len(plan.having("change"))
    first = ngettext("%(count)s account was created", "%(count)s accounts were created", made) % {"count": made}
    second = ngettext("%(count)s was changed.", "%(count)s were changed.", changed) % {"count": changed}
    return f"{first}, {second}"
