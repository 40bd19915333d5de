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
from chat.conversations.files import any_unread, files_of
from chat.conversations.often import LOOKED_AT, asked_often
from chat.conversations.readable import readable_answers
from chat.conversations.rules import allows
from chat.conversations.sources import describe_sources
from chat.conversations.standing import with_standing
from chat.conversations.where import ANYWHERE, KINDS, Where, read_where, where_of
from chat.errors import QuestionRefused
from chat.feedback import rate_answer
from chat.models import Conversation, Turn
from chat.streaming.runs import begin_answer
from chat.streaming.turn import stream_turn
from kb.keeping.tags import names_to_ask
from kb.models import Collection
from language.scripts.answer_language import code_of

SUGGESTIONS_SHOWN = 4
OFTEN_SHOWN = 2  # of them, at most, that colleagues ask
CONVERSATIONS_SHOWN = 40  # beside a conversation; the page of all of them has the others
TURNS_SHOWN = 50


@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """A new conversation: the composer and what one might ask."""
    return render(request, "chat/home.html", page_context(request) | {"suggestions": suggest_questions(request)})


@require_GET
def conversation(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """One conversation with the newest attempt at each of its last questions; `before` a position, those before it."""
    current = get_object_or_404(Conversation.objects.visible_to(request.user).select_related("collection", "files"), uid=uid)
    shown = services.list_turns(current, user=request.user, before=asked_position(request), limit=TURNS_SHOWN)
    turns = describe_sources(with_standing(shown.turns, user=request.user))
    context = page_context(request, current) | {"turns": turns, "before": shown.earlier}
    return render(request, "chat/conversation.html", context)


@require_GET
def newer(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """What was asked in this conversation since a turn that the page has: for its other tabs."""
    current = get_object_or_404(Conversation.objects.visible_to(request.user), uid=uid)
    seen = get_object_or_404(current.turns, uid=as_uid(request.GET.get("seen", "")))
    found = list(Turn.objects.filter(conversation=current, pk__gt=seen.pk).newest_attempts().select_related("conversation"))
    answers = readable_answers(found, user=request.user)
    shown = describe_sources([(turn, answers[turn.pk]) for turn in found])
    return HttpResponse(
        "".join(render_to_string("chat/_turn.html", {"turn": turn, "answer": answer}, request) for turn, answer in shown)
    )


@require_POST
def ask(request: SignedInRequest) -> HttpResponseBase:
    """Take a question; its answer is streamed into the page that this leads to."""
    current = named_conversation(request)
    question = request.POST.get("question", "")
    try:
        where = read_where(request.POST, user=request.user) if "collection" in request.POST or current is None else None
        spend("ask", request.user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
        is_incognito = current is None and bool(request.POST.get("incognito")) and allows("allows_incognito")
        turn = services.start_turn(
            user=request.user, question=question, conversation=current, where=where, is_incognito=is_incognito
        )
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
def edit(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Ask a question in other words."""
    turn = get_object_or_404(
        Turn.objects.select_related("conversation__user"), uid=uid, conversation__in=Conversation.objects.visible_to(request.user)
    )
    question = request.POST.get("question", "")
    try:
        spend("ask", request.user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
        fresh = services.edit_turn(turn, question=question)
    except (QuestionRefused, TooManyRequests) as refused:
        return refuse(request, turn.conversation, question, refused)
    begin_answer(fresh, request=request, credential=session_credential(request, user=request.user))
    if not request.htmx:
        return redirect("chat:conversation", uid=turn.conversation.uid)
    response = render(request, "chat/_turn.html", {"turn": fresh, "answer": fresh.answer})
    return response if fresh.position == turn.position else reswap(retarget(response, "#turns"), "beforeend")


@require_POST
def feedback(request: SignedInRequest, uid: UUID) -> HttpResponseBase:
    """Keep what the reader thinks of an answer."""
    turn = get_object_or_404(Turn, uid=uid, conversation__in=Conversation.objects.visible_to(request.user))
    refused = ""
    try:
        given = {name: request.POST.get(name, "") for name in ("rating", "reason", "comment")}
        rate_answer(user=request.user, receipt=turn.receipt, **given)
    except QuestionRefused as error:
        refused = error.message
    if request.htmx:
        return render(request, "chat/_feedback.html", {"turn": turn, "refused": refused})
    if refused:
        messages.error(request, refused)
    return redirect("chat:conversation", uid=turn.conversation.uid)


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
    pinned: list[Conversation] = []
    recent: list[Conversation] = []
    earlier: list[Conversation] = []
    for row in Conversation.objects.visible_to(request.user).kept()[:CONVERSATIONS_SHOWN]:
        of_today = recent if timezone.localdate(row.updated_at) == today else earlier
        (pinned if row.pinned_at else of_today).append(row)
    where = where_of(current, user=request.user) if current else named_where(request)
    chosen = where.collection.slug if where.collection else ""
    rows = Collection.objects.visible_to(request.user).for_menu(slug=chosen)
    chosen_tags = {name.casefold() for name in where.tags}
    attached = files_of(current) if current else []
    if attached and current and current.files:
        rows = [current.files, *rows]
    return {
        "conversation": current,
        "files": attached,
        "unread": any_unread(attached),
        "allows_files": allows("allows_files"),
        "pinned": pinned,
        "recent": recent,
        "earlier": earlier,
        "collections": rows,
        "chosen": chosen,
        "where": where,
        "kinds": [(kind, name, kind in where.kinds) for kind, name in KINDS.items()],
        "tags": [(name, name.casefold() in chosen_tags) for name in names_to_ask(request.user)],
        "allows_incognito": current is None and allows("allows_incognito"),
        "further": [(row, row in where.collections) for row in rows],
    }


def named_where(request: SignedInRequest) -> Where:
    """Return where the address of the first page says to ask: `?collection=`, `?document=`. What a form refused is left out."""
    try:
        return read_where(request.GET if request.method == "GET" else request.POST, user=request.user)
    except QuestionRefused:
        return ANYWHERE


def suggest_questions(request: SignedInRequest) -> list[tuple[str, str]]:
    """Return up to four questions with whence they are: what colleagues ask, and those of each collection that this reader may ask,
    taken in turn; the reader's language first."""
    language = get_language()
    often = [text for text in asked_often(request.user, limit=LOOKED_AT) if code_of(text) == language][:OFTEN_SHOWN]
    rows = [
        (row, sorted(row.suggested_questions, key=lambda question: code_of(question) != language))
        for row in Collection.objects.visible_to(request.user).for_menu()
    ]
    longest = max((len(questions) for _row, questions in rows), default=0)
    spread = [(questions[index], row.name) for index in range(longest) for row, questions in rows if index < len(questions)]
    asked = [(text, _("Asked by colleagues")) for text in often]
    return [*asked, *(one for one in spread if one[0] not in often)][:SUGGESTIONS_SHOWN]
