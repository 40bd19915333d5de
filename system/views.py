"""The page of the system, for system admins."""

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import system_admins_only
from accounts.requests import SignedInRequest
from chat.conversations.rules import Rule, allow, allows
from system.first_run import is_shown, show_setup
from system.report import read_report


@require_GET
@system_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    """How everything is, and what mends what is not well."""
    report = read_report()
    problems = [(section, problem) for section in report.sections for problem in section.problems]
    problems.sort(key=lambda one: not one[1].is_urgent)
    return render(
        request,
        "system/index.html",
        {
            "report": report,
            "problems": problems,
            "shows_setup": is_shown(),
            "allows_incognito": allows("allows_incognito"),
            "allows_files": allows("allows_files"),
        },
    )


@require_POST
def put_away(request: SignedInRequest) -> HttpResponseBase:
    """Put the list of what is left to set up away, for all admins."""
    return _show(request, is_shown=False)


@require_POST
def take_out(request: SignedInRequest) -> HttpResponseBase:
    """Show it again."""
    return _show(request, is_shown=True)


@require_POST
@system_admins_only
def incognito(request: SignedInRequest) -> HttpResponseBase:
    """Allow conversations that only the audit keeps, or end that."""
    return _allow(request, "allows_incognito")


@require_POST
@system_admins_only
def files(request: SignedInRequest) -> HttpResponseBase:
    """Allow people to attach files to their conversations, or end that."""
    return _allow(request, "allows_files")


def _allow(request: SignedInRequest, rule: Rule) -> HttpResponseBase:
    allow(rule, is_allowed=request.POST.get("allow") == "1", user=request.user)
    return redirect("system:index")


def _show(request: SignedInRequest, *, is_shown: bool) -> HttpResponseBase:
    if not (request.user.is_knowledge_admin or request.user.is_system_admin):
        raise Http404
    show_setup(is_shown=is_shown, user=request.user)
    return redirect("chat:home")
