"""Pages of handed over questions: for whoever looks after them, and the buttons of who asked."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from chat.models import Conversation, Turn
from curation.access import managed_handover
from curation.errors import CurationRefused
from curation.handover import services
from curation.handover.models import Handover
from kb.rights.managing import check_manages_something

PER_PAGE = 50


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """The questions for the people who run these collections, the oldest open one first."""
    check_manages_something(request.user)
    rows = Handover.objects.manageable_by(request.user)
    counts = dict(rows.values_list("state").annotate(count=Count("pk")).order_by())
    state = request.GET.get("state", Handover.State.OPEN)
    state = state if state in Handover.State.values else Handover.State.OPEN
    shown = rows.in_state(state).select_related("turn", "collection", "asker", "taken_by")
    context = {
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "state": state,
        "states": [(value, label, counts.get(value, 0)) for value, label in Handover.State.choices],
    }
    return render(request, "curation/handovers.html", context)


@require_GET
def show(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """One question with what was asked and answered before, as far as whoever looks may read its sources."""
    found = managed_handover(request.user, uid)
    transcript = services.read_transcript(found, reader=request.user)
    return render(request, "curation/handover.html", {"handover": found, "transcript": transcript})


@require_POST
def decide(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Take it, answer it, or close it."""
    found = managed_handover(request.user, uid)
    try:
        match request.POST.get("act"):
            case "take":
                services.take(found, user=request.user)
            case "close":
                services.close(found, user=request.user)
                messages.success(request, _("The question was closed."))
            case _:
                services.reply(found, user=request.user, text=request.POST.get("reply", ""))
                messages.success(request, _("Your answer now appears in the asker’s conversation."))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return redirect("curation:handover", uid=uid)


@require_POST
def ask(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Hand one's own question to a person."""
    turn = _own_turn(request, uid)
    try:
        services.hand_over(turn, user=request.user, note=request.POST.get("note", ""))
    except CurationRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Your question was handed over to a person. The answer will appear in this conversation."))
    return redirect("chat:conversation", uid=turn.conversation.uid)


@require_POST
def withdraw(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Say that one needs no answer any more."""
    turn = _own_turn(request, uid)
    try:
        services.close(get_object_or_404(Handover, turn=turn), user=request.user)
    except CurationRefused as refused:
        messages.error(request, refused.message)
    return redirect("chat:conversation", uid=turn.conversation.uid)


def _own_turn(request: SignedInRequest, uid: UUID) -> Turn:
    mine = Turn.objects.filter(conversation__in=Conversation.objects.visible_to(request.user))
    return get_object_or_404(mine.select_related("conversation"), uid=uid)
