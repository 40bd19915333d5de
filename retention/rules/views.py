"""Pages of retention rules, for auditors: nothing goes before somebody has seen what would."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.requests import SignedInRequest
from audit.views import auditors_only
from retention.errors import RetentionRefused
from retention.models import RetentionRule, RetentionRun
from retention.rules.changing import remove_rule, set_rule, switch_rule
from retention.rules.forms import RuleForm
from retention.rules.preview import preview

PER_PAGE = 50


@require_GET
@auditors_only
def rules(request: SignedInRequest) -> HttpResponse:
    """All rules, and when they were last applied."""
    rows = RetentionRule.objects.select_related("collection").order_by("kind", "collection__name", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "retention/rules.html", {"page": page, "run": RetentionRun.objects.first()})


@require_http_methods(["GET", "POST"])
@auditors_only
def rule_new(request: SignedInRequest) -> HttpResponse:
    """A rule for a kind of data; where there is one, its days change, and it is off until it is switched on again."""
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            rule = set_rule(**form.cleaned_data, by=request.user)
        except RetentionRefused as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("retention:rule", rule.pk)
    return render(request, "retention/rule_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@auditors_only
def rule(request: SignedInRequest, pk: int) -> HttpResponse:
    """What would go now by one rule; by POST it is switched on or off, or removed."""
    found = get_object_or_404(RetentionRule.objects.select_related("collection"), pk=pk)
    error = ""
    if request.method == "POST":
        try:
            _act(found, request)
        except RetentionRefused as refused:
            error = refused.message
        else:
            return redirect("retention:rules")
    context = {"rule": found, "preview": preview(found.kind, draft=found), "error": error}
    return render(request, "retention/rule.html", context, status=422 if error else 200)


def _act(found: RetentionRule, request: SignedInRequest) -> None:
    action, seen = request.POST.get("action", ""), request.POST.get("days", "")
    if action == "remove":
        remove_rule(found, by=request.user)
        messages.success(request, _("The rule was removed."))
    elif action in ("on", "off"):
        days = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 7 else None
        switch_rule(found, is_on=action == "on", seen_days=days, by=request.user)
        messages.success(request, _("The rule is on.") if action == "on" else _("The rule is off."))
    else:
        raise RetentionRefused(_("Choose what to do with the rule."))
