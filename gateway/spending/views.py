"""What models cost, and budgets, for system admins."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import system_admins_only
from accounts.requests import SignedInRequest
from accounts.value_forms import save_or_show
from audit.spreadsheets import write_csv
from gateway.spending import budgets
from gateway.spending.costs import TABLES, as_rows, read_costs, read_month
from gateway.spending.forms import BudgetForm
from gateway.spending.models import Budget

SHOWN = 50  # lines of a table; the file has all
ROWS_PER_PAGE = 50
STEP, HEIGHT = 10, 80  # of the chart, in units of the drawing


@require_GET
@system_admins_only
def costs(request: SignedInRequest) -> HttpResponse:
    """What a month cost, with the eleven before."""
    found = read_costs(read_month(request.GET.get("month", "")))
    tables = [
        (_("By model"), "models", found.models[:SHOWN], len(found.models)),
        (_("By person"), "people", found.people[:SHOWN], len(found.people)),
        (_("By group"), "groups", found.groups[:SHOWN], len(found.groups)),
        (_("By collection"), "collections", found.collections[:SHOWN], len(found.collections)),
    ]
    rows = Budget.objects.select_related("group", "person")
    standings = [one for one in budgets.read_standings(list(rows)) if one.is_warned]
    context = {
        "costs": found,
        "month": f"{found.month:%Y-%m}",
        "bars": [(line, number * STEP, HEIGHT * line.percent / 100) for number, line in enumerate(found.months)],
        "width": len(found.months) * STEP,
        "height": HEIGHT,
        "tables": tables,
        "standings": standings,
    }
    return render(request, "gateway/costs.html", context)


@require_GET
@system_admins_only
def export(request: SignedInRequest, table: str) -> HttpResponse:
    """One table for a spreadsheet, whole."""
    if table not in TABLES:
        raise Http404
    found = read_costs(read_month(request.GET.get("month", "")))
    return HttpResponse(
        write_csv(as_rows(getattr(found, table), table)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="attest-costs-{table}-{found.month:%Y-%m}.csv"'},
    )


@require_GET
@system_admins_only
def index(request: SignedInRequest) -> HttpResponse:
    """The budgets with how each stands this month."""
    rows = Budget.objects.select_related("group", "person")
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "gateway/budgets.html", {"page": page, "standings": budgets.read_standings(list(page))})


@require_http_methods(["GET", "POST"])
@system_admins_only
def create(request: SignedInRequest) -> HttpResponseBase:
    """Set a budget."""
    return _edit(request, Budget(kind=Budget.Kind.INSTALLATION))


@require_http_methods(["GET", "POST"])
@system_admins_only
def change(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Change a budget."""
    return _edit(request, get_object_or_404(Budget.objects.select_related("group", "person"), pk=pk))


@require_POST
@system_admins_only
def delete(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Take a budget away."""
    budgets.delete_budget(get_object_or_404(Budget, pk=pk), user=request.user)
    messages.success(request, _("The budget was deleted."))
    return redirect("models:budgets")


def _edit(request: SignedInRequest, budget: Budget) -> HttpResponseBase:
    def save(values: dict[str, Any]) -> HttpResponseBase:
        if budget.pk is None:
            budgets.create_budget(user=request.user, **values)
        else:
            budgets.change_budget(budget=budget, user=request.user, **values)
        messages.success(request, _("The budget was saved."))
        return redirect("models:budgets")

    form = BudgetForm(request.POST or None, instance=budget)
    return save_or_show(request, form, save=save, template="gateway/budget_form.html", context={"budget": budget})
