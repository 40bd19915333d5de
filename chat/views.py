"""The pages of a conversation: ask, read, rename, delete. Streaming is in chat.streaming.turn, the flow in chat.flow.answering."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from accounts.credentials import session_credential
from accounts.errors import TooManyRequests
from accounts.rates import spend
from accounts.requests import SignedInRequest
from chat import services
from chat.conversations.readable import readable_answers
from chat.errors import QuestionRefused
from chat.feedback import rate_answer
from chat.models import Conversation, Turn
from chat.standing import with_standing
from chat.streaming.runs import begin_answer
from chat.streaming.turn import stream_turn
from kb.models import Collection
from language.scripts.answer_language import code_of

SUGGESTIONS_SHOWN = 4
CONVERSATIONS_SHOWN = 100
TURNS_SHOWN = 50


@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """A new conversation: the composer and what one might ask."""
    return render(request, "chat/home.html", page_context(request) | {"suggestions": suggest_questions(request)})


@require_GET
def conversation(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """One conversation with the newest attempt at each of its last questions; `before` a position, those before it."""
    current = get_object_or_404(Conversation.objects.visible_to(request.user).select_related("collection"), uid=uid)
    shown = services.list_turns(current, user=request.user, before=asked_position(request), limit=TURNS_SHOWN)
    turns = with_standing(shown.turns, user=request.user)
    context = page_context(request, current) | {"turns": turns, "before": shown.earlier}
    return render(request, "chat/conversation.html", context)


@require_GET
def newer(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """What was asked in this conversation since a turn that the page has: for its other tabs."""
    current = get_object_or_404(Conversation.objects.visible_to(request.user), uid=uid)
    seen = get_object_or_404(current.turns, uid=as_uid(request.GET.get("seen", "")))
    found = list(Turn.objects.filter(conversation=current, pk__gt=seen.pk).newest_attempts().select_related("conversation"))
    answers = readable_answers(found, user=request.user)
    return HttpResponse(
        "".join(render_to_string("chat/_turn.html", {"turn": turn, "answer": answers[turn.pk]}, request) for turn in found)
    )


@require_POST
def ask(request: SignedInRequest) -> HttpResponseBase:
    """Take a question; its answer is streamed into the page that this leads to."""
    current = named_conversation(request)
    collection = None
    if slug := request.POST.get("collection"):
        collection = get_object_or_404(Collection.objects.visible_to(request.user), slug=slug)
    elif current and current.collection_id and "collection" in request.POST:
        current.search_everything()
    question = request.POST.get("question", "")
    try:
        spend("ask", request.user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
        turn = services.start_turn(user=request.user, question=question, conversation=current, collection=collection)
    except (QuestionRefused, TooManyRequests) as refused:
        return refuse(request, current, question, refused)
    begin_answer(turn, request=request, credential=session_credential(request, user=request.user))
    if request.htmx and current:
        return render(request, "chat/_turn.html", {"turn": turn, "answer": turn.answer})
    return leave(request, reverse("chat:conversation", args=[turn.conversation.uid]))


@require_GET
async def answer(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """For browsers without scripts: let the stream run to its end unseen, then show the conversation."""
    frames = await stream_turn(request, uid)
    async for _frame in cast(AsyncIterator[bytes], frames.streaming_content):
        pass
    turn = await Turn.objects.select_related("conversation").aget(uid=uid)
    return redirect("chat:conversation", uid=turn.conversation.uid)


@require_POST
def regenerate(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Ask the same question again."""
    turn = get_object_or_404(Turn, uid=uid, conversation__in=Conversation.objects.visible_to(request.user))
    try:
        spend("ask", request.user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
        fresh = services.regenerate_turn(turn)
    except (QuestionRefused, TooManyRequests) as refused:
        return refuse(request, turn.conversation, "", refused)
    begin_answer(fresh, request=request, credential=session_credential(request, user=request.user))
    if request.htmx:
        return render(request, "chat/_turn.html", {"turn": fresh, "answer": fresh.answer})
    return redirect("chat:conversation", uid=turn.conversation.uid)


@require_POST
def feedback(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Keep what the reader thinks of an answer."""
    turn = get_object_or_404(Turn, uid=uid, conversation__in=Conversation.objects.visible_to(request.user))
    refused = ""
    try:
        rating, comment = request.POST.get("rating", ""), request.POST.get("comment", "")
        rate_answer(user=request.user, receipt=turn.receipt, rating=rating, comment=comment)
    except QuestionRefused as error:
        refused = error.message
    if request.htmx:
        return render(request, "chat/_feedback.html", {"turn": turn, "refused": refused})
    if refused:
        messages.error(request, refused)
    return redirect("chat:conversation", uid=turn.conversation.uid)


@require_POST
def rename(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Give a conversation another title."""
    current = get_object_or_404(Conversation.objects.visible_to(request.user), uid=uid)
    if title := " ".join(request.POST.get("title", "").split())[:200]:
        services.rename_conversation(current, title=title)
    return redirect("chat:conversation", uid=uid)


@require_POST
def delete(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Delete a conversation; the receipts of its answers stay in the audit."""
    try:
        services.delete_conversation(get_object_or_404(Conversation.objects.visible_to(request.user), uid=uid))
    except QuestionRefused as refused:
        messages.error(request, refused.message)
        return redirect("chat:conversation", uid=uid)
    messages.success(request, _("The conversation was deleted."))
    return redirect("chat:home")


def asked_position(request: SignedInRequest) -> int | None:
    """Return the position that the address names, None where it names none."""
    given = request.GET.get("before", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


def named_conversation(request: SignedInRequest) -> Conversation | None:
    """Return the conversation that a form names; None for a new one."""
    named = request.POST.get("conversation")
    if not named:
        return None
    return get_object_or_404(Conversation.objects.visible_to(request.user), uid=as_uid(named))


def as_uid(text: str) -> UUID:
    """Raises: Http404: that is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def leave(request: SignedInRequest, address: str) -> HttpResponseBase:
    """Send the browser to another page, whether htmx asked or the browser itself."""
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def refuse(
    request: SignedInRequest, current: Conversation | None, question: str, refused: QuestionRefused | TooManyRequests
) -> HttpResponseBase:
    """Say why a question was not taken, and keep its words."""
    is_too_many = isinstance(refused, TooManyRequests)
    status, headers = (429, refused.headers) if isinstance(refused, TooManyRequests) else (422, {})
    if request.htmx:
        response = HttpResponse(
            render_to_string("chat/_refused.html", {"reason": refused.message}, request), status=status, headers=headers
        )
        return reswap(retarget(response, "#composer-error"), "innerHTML")
    messages.error(request, refused.message)
    if current and not is_too_many:
        return redirect("chat:conversation", uid=current.uid)
    context = page_context(request, current) | {"suggestions": suggest_questions(request), "question": question}
    return HttpResponse(render_to_string("chat/home.html", context, request), status=status, headers=headers)


def page_context(request: SignedInRequest, current: Conversation | None = None) -> dict[str, Any]:
    """Return what every chat page shows around the conversation."""
    today = timezone.localdate()
    recent: list[Conversation] = []
    earlier: list[Conversation] = []
    for row in Conversation.objects.visible_to(request.user)[:CONVERSATIONS_SHOWN]:
        (recent if timezone.localdate(row.updated_at) == today else earlier).append(row)
    collections = Collection.objects.visible_to(request.user)
    chosen = current.collection.slug if current and current.collection else ""
    if current is None and (slug := request.GET.get("collection")):
        chosen = get_object_or_404(collections, slug=slug).slug
    return {
        "conversation": current,
        "recent": recent,
        "earlier": earlier,
        "collections": collections.for_menu(slug=chosen),
        "chosen": chosen,
    }


def suggest_questions(request: SignedInRequest) -> list[tuple[str, Collection]]:
    """Return up to four questions, taken in turn from each collection that this reader may ask; the reader's language first."""
    language = get_language()
    rows = [
        (row, sorted(row.suggested_questions, key=lambda question: code_of(question) != language))
        for row in Collection.objects.visible_to(request.user).for_menu()
    ]
    longest = max((len(questions) for _row, questions in rows), default=0)
    spread = [(questions[index], row) for index in range(longest) for row, questions in rows if index < len(questions)]
    return spread[:SUGGESTIONS_SHOWN]
