"""The pages of the audit, for auditors; everyone else gets the 404 of a page that does not exist. Reading is on record too."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit.actor import actor_of
from audit.auditor_visits import note_reading
from audit.chain import checkpoints
from audit.chain.verification import check_event, verify_chain
from audit.export import EXPORT_LIMIT, export_csv
from audit.life.holds import hold_on_event
from audit.looking.search import KINDS, FilterForm, answer_of, find_events, models_of, page_of, rating_of
from audit.models import ChainHead, Event, Payload
from audit.nightly import last_outcome
from audit.outgoing.standing import read_standings
from audit.receipts.receipt import read_receipt
from audit.services import record

VIEWED_AGAIN_AFTER = timedelta(minutes=10)  # turning pages is one reading, not ten
View = Callable[..., HttpResponseBase]


def auditors_only(view: View) -> View:
    """Answer 404 to everyone else."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_authenticated and request.user.is_auditor):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_GET
@auditors_only
def index(request: HttpRequest) -> HttpResponse:
    """Questions, or any other kind of event, filtered."""
    form, filters = _read_filters(request)
    note_reading(by=actor_of(request.user), filters=_plain(filters))
    page = page_of(find_events(filters=filters), before=read_sequence(request, "before"), after=read_sequence(request, "after"))
    models = models_of(page.events)
    context = {
        "form": form,
        "kind": filters["kind"],
        "kinds": tuple(KINDS),
        "page": page,
        "rows": [(event, models.get(event.pk, "")) for event in page.events],
        "is_filtered": len(filters) > 1,
        "query": _query(filters),
        "head": ChainHead.objects.first(),
    }
    return render(request, "audit/index.html", context)


@require_GET
@auditors_only
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as CSV."""
    _form, filters = _read_filters(request)
    table, rows = export_csv(find_events(filters=filters)[:EXPORT_LIMIT].iterator())
    summary = _query(filters)
    record("audit.exported", by=actor_of(request.user), summary=summary, payload={"filters": _plain(filters), "rows": rows})
    name = f"attest-audit-{timezone.localdate():%Y-%m-%d}.csv"
    return HttpResponse(
        table, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_GET
@auditors_only
def receipt(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Everything one event holds; of a question, what its answer saw. Its hashes are recomputed while you wait."""
    event = get_object_or_404(Event, uid=uid)
    record_view(
        request, action="audit.receipt_viewed", subject=f"event:{uid}", summary=f"#{event.sequence}", payload={"event": uid}
    )
    payload = Payload.objects.filter(event=event).first()
    last = checkpoints.last_checkpoint(Path(settings.AUDIT_ROOT))
    context = {
        "event": event,
        "payload": payload,
        "is_question": event.action.startswith(("question.", "golden.")),
        "rating": rating_of(event),
        "answer": answer_of(event),
        "receipt": read_receipt(payload.data if payload else {}),
        "problems": check_event(event),
        "hold": hold_on_event(event),
        "signed": last if last is not None and last.sequence >= event.sequence else None,
        "previous": Event.objects.filter(sequence__lt=event.sequence).order_by("-sequence").first(),
        "next": Event.objects.filter(sequence__gt=event.sequence).order_by("sequence").first(),
    }
    return render(request, "audit/receipt.html", context)


@require_GET
@auditors_only
def payload(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The very bytes that the chain's payload hash covers, for `sha256sum`."""
    found = get_object_or_404(Payload.objects.select_related("event"), event__uid=uid, erased_at=None)
    record_view(
        request, action="audit.receipt_viewed", subject=f"event:{uid}", summary=f"#{found.event.sequence}", payload={"event": uid}
    )
    name = f"attest-receipt-{found.event.sequence}.json"
    return HttpResponse(
        found.body.encode(),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_http_methods(["GET", "POST"])
@auditors_only
def integrity(request: HttpRequest) -> HttpResponse:
    """Where the chain stands; asked by POST, recompute all of it."""
    verification = None
    if request.method == "POST":
        verification = verify_chain()
        codes = [problem.code for problem in verification.problems]
        record(
            "audit.verified",
            by=actor_of(request.user),
            summary=", ".join(codes),
            payload={"events": verification.events, "problems": codes},
        )
    head = ChainHead.objects.first()
    last = checkpoints.last_checkpoint(Path(settings.AUDIT_ROOT))
    context = {
        "head": head,
        "last": last,
        "uncovered": (head.sequence if head else 0) - (last.sequence if last else 0),
        "verification": verification,
        "first": Event.objects.order_by("sequence").first(),
        "outputs": read_standings(),
        "nightly": last_outcome(),
    }
    return render(request, "audit/integrity.html", context)


@require_GET
@auditors_only
def checkpoint_file(request: HttpRequest, name: str) -> HttpResponse:
    """The signed checkpoints, or the key that they are checked with: to be kept on another machine."""
    path = (
        Path(settings.AUDIT_ROOT)
        / {"checkpoints.jsonl": checkpoints.FILE_NAME, "signing_key.pub": f"{checkpoints.KEY_NAME}.pub"}[name]
    )
    if not path.exists():
        raise Http404
    return HttpResponse(
        path.read_bytes(),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def record_view(request: HttpRequest, *, action: str, payload: Mapping[str, Any], summary: str, subject: str = "") -> None:
    """Record that an auditor read something, once for a while however often they reload or turn the page."""
    before = Event.objects.filter(action=action, actor_id=str(request.user.pk), subject=subject)
    # Compared here: a summary may be sealed, and then the database does not find it.
    if summary not in before.filter(at__gt=timezone.now() - VIEWED_AGAIN_AFTER).values_list("summary", flat=True):
        record(action, by=actor_of(request.user), subject=subject, summary=summary, payload=payload)


def _read_filters(request: HttpRequest) -> tuple[FilterForm, dict[str, Any]]:
    given = {name: value.replace("\x00", "") for name, value in request.GET.items() if isinstance(value, str)}
    form = FilterForm(given)
    filters = form.found()
    return form, filters | {"kind": filters.get("kind", "questions")}


def _plain(filters: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in filters.items()}


def _query(filters: Mapping[str, Any]) -> str:
    return urlencode(sorted(_plain(filters).items()))


def read_sequence(request: HttpRequest, name: str) -> int | None:
    """Return the position in the chain that a page is to begin at."""
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else None
