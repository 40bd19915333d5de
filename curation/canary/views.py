"""The canary's page: its rule, what waits, what is held back, and how the questions stood run by run."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import system_admins_only
from accounts.requests import SignedInRequest
from audit.spreadsheets import write_csv
from curation.access import managed_collection
from curation.canary.history import BAR_HEIGHT, read_history
from curation.canary.holding import apply_held, set_rules, withdraw_held
from curation.canary.models import CanaryRules, CanaryState, HeldChange
from curation.canary.models_held import set_holding
from curation.errors import CurationRefused
from curation.golden.models import GoldenRun
from kb.models import Collection
from kb.rights.reasons import owns

HELD_SHOWN = 10
RUNS_SHOWN = 12  # columns by question
STEP = 14  # units from bar to bar


@require_GET
def canary(request: SignedInRequest, slug: str) -> HttpResponse:
    """How the golden questions stand, run by run."""
    collection = managed_collection(request.user, slug)
    bars, rows = read_history(collection)
    context = {
        "collection": collection,
        "owns": owns(request.user, collection),
        "state": CanaryState.objects.filter(collection=collection).first(),
        "held": collection.held_changes.select_related("asked_by", "decided_by").prefetch_related("runs")[:HELD_SHOWN],
        "bars": bars,
        "newest": bars[::-1],
        "rows": [(row, row.verdicts[-RUNS_SHOWN:]) for row in rows],
        "columns": bars[-RUNS_SHOWN:],
        "height": BAR_HEIGHT,
        "width": max(len(bars), 12) * STEP,
        "open": collection.golden_runs.exclude(state=GoldenRun.State.DONE).first(),
    }
    return render(request, "curation/canary.html", context)


@require_GET
def export(request: SignedInRequest, slug: str) -> HttpResponse:
    """The runs by question, as a table."""
    collection = managed_collection(request.user, slug)
    bars, rows = read_history(collection)
    names = ["question", *(bar.run.created_at.isoformat(timespec="seconds") for bar in bars)]
    return HttpResponse(
        write_csv([names, *([row.question, *row.verdicts] for row in rows)]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="canary-{slug}.csv"'},
    )


@require_POST
def rules(request: SignedInRequest, slug: str) -> HttpResponseBase:
    """Hold changes of the threshold back, or do not: for owners."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    set_rules(collection=collection, holds_threshold="holds_threshold" in request.POST, user=request.user)
    messages.success(request, _("Saved."))
    return redirect("curation:canary", slug=slug)


@require_POST
def apply(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Let a held change count all the same: for owners."""
    held = get_object_or_404(HeldChange.objects.select_related("collection"), uid=uid)
    if held.collection is None:
        check_system_admin(request)
    else:
        get_object_or_404(Collection.objects.owned_by(request.user), pk=held.collection_id)
    try:
        apply_held(held=held, user=request.user, reason=request.POST.get("reason", ""))
        messages.success(request, _("The change is in effect."))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return _back(held)


@require_POST
def withdraw(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Give a held change up."""
    held = get_object_or_404(HeldChange.objects.select_related("collection"), uid=uid)
    if held.collection is None:
        check_system_admin(request)
    else:
        get_object_or_404(Collection.objects.manageable_by(request.user), pk=held.collection_id)
    try:
        withdraw_held(held=held, user=request.user)
        messages.success(request, _("The change was withdrawn."))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return _back(held)


def _back(held: HeldChange) -> HttpResponseBase:
    return redirect("curation:canary", slug=held.collection.slug) if held.collection else redirect("curation:models")


def check_system_admin(request: SignedInRequest) -> None:
    """Raises: Http404: models are not theirs."""
    if not request.user.is_system_admin:
        raise Http404


@require_http_methods(["GET", "POST"])
@system_admins_only
def models(request: SignedInRequest) -> HttpResponseBase:
    """Changes of models and routes that are tried first: counts by collection, no question, to who manages models."""
    if request.method == "POST":
        set_holding(holds_models="holds_models" in request.POST, user=request.user)
        messages.success(request, _("Saved."))
        return redirect("curation:models")
    rows = HeldChange.objects.filter(collection=None).select_related("asked_by", "decided_by")
    context = {
        "rules": CanaryRules.objects.filter(pk=CanaryRules.ONLY).first(),
        "held": rows.prefetch_related(Prefetch("runs", GoldenRun.objects.select_related("collection")))[:HELD_SHOWN],
        "managed": set(Collection.objects.manageable_by(request.user).values_list("pk", flat=True)),
    }
    return render(request, "curation/models.html", context)
