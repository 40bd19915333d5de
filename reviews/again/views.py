"""Pages that ask again, for auditors."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.credentials import session_credential
from accounts.models import ApiKey
from accounts.rates import spend
from accounts.requests import SignedInRequest
from audit.models import Event
from audit.receipts.receipt import read_receipt
from audit.views import auditors_only, record_view
from reviews.again.asking import ask_again
from reviews.again.comparing import compare, follow_sources
from reviews.errors import ReviewRefused


@require_POST
@auditors_only
def ask(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Ask the question of a receipt now, and show both answers."""
    event = get_object_or_404(Event.objects.select_related("payload"), uid=uid)
    try:
        spend("ask", request.user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
        made = ask_again(event, credential=session_credential(request, user=request.user, scope=ApiKey.Scope.ASK))
    except ReviewRefused as refused:
        messages.error(request, str(refused))
        return redirect("audit:receipt", uid)
    return redirect("reviews:again", uid, made)


@require_GET
@auditors_only
def again(request: SignedInRequest, uid: UUID, now: UUID) -> HttpResponse:
    """Two answers to one question side by side, with what changed."""
    events = {event.uid: event for event in Event.objects.filter(uid__in=[uid, now]).select_related("payload")}
    for one in (uid, now):
        event = get_object_or_404(Event, uid=one) if one not in events else events[one]
        record_view(
            request, action="audit.receipt_viewed", subject=f"event:{one}", summary=f"#{event.sequence}", payload={"event": one}
        )
    then_data, now_data = events[uid].payload.data, events[now].payload.data
    context = {
        "then": events[uid],
        "now": events[now],
        "then_receipt": read_receipt(then_data),
        "now_receipt": read_receipt(now_data),
        "differences": compare(then_data, now_data),
        "sources": follow_sources(then_data, user=request.user),
    }
    return render(request, "reviews/again.html", context)
