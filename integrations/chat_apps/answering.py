"""Taking questions, answering them in a worker, and sending the answers: what was taken is answered, whatever dies meanwhile."""

import logging
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.credentials import Credential, may_sign_in
from accounts.errors import TooManyRequests
from accounts.models import User
from accounts.rates import spend
from chat.errors import ChatError, QuestionRefused
from chat.flow.running import finish_question
from chat.models import Turn
from chat.services import asked_of, clean_question, start_turn
from chat.types import Answer
from integrations.asking import where_in
from integrations.chat_apps.incoming import Received
from integrations.chat_apps.models import ChatApp, ChatMessage, ChatPerson
from integrations.chat_apps.sending import DeliveryFailed, Reply, send_reply

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
ATTEMPTS = 3
KEPT = timedelta(days=2)  # of what was answered: against copies
KIND = "chat"


def take_message(app: ChatApp, received: Received) -> ChatMessage | None:
    """Keep a question. Returns: None where it was taken before."""
    person = ChatPerson.objects.filter(app=app, external_id=received.external_id).first()
    ChatMessage.objects.filter(created_at__lt=timezone.now() - KEPT, state__in=("done", "failed")).delete()
    try:
        with transaction.atomic():
            return ChatMessage.objects.create(
                app=app, event_id=received.event_id, person=person, question=received.question, reply_to=received.reply_to
            )
    except IntegrityError:
        return None


def find_due() -> list[int]:
    """Return the keys of what waits, or was left by a worker that died. What was tried too often is given up."""
    now = timezone.now()
    left = ChatMessage.objects.filter(state=ChatMessage.State.RUNNING, leased_until__lt=now)
    left.filter(attempts__gte=ATTEMPTS).update(state=ChatMessage.State.FAILED, leased_until=None)
    due = Q(state=ChatMessage.State.WAITING) | Q(state=ChatMessage.State.RUNNING, leased_until__lt=now)
    return list(ChatMessage.objects.filter(due, app__is_enabled=True).order_by("pk").values_list("pk", flat=True)[:20])


def answer_message(pk: int) -> Reply | None:
    """Answer one question and send the reply, once. Returns: the reply; None where another worker has it, or it is done."""
    message = _lease(pk)
    if message is None:
        return None
    reply = write_reply(message)
    try:
        send_reply(message.app, message.reply_to, reply)
    except DeliveryFailed as error:
        is_last = message.attempts >= ATTEMPTS
        logger.warning("a reply to %s was not taken: %s", message.app.name, error)
        state = ChatMessage.State.FAILED if is_last else ChatMessage.State.WAITING
        ChatMessage.objects.filter(pk=pk).update(state=state, leased_until=None)
        return reply
    ChatMessage.objects.filter(pk=pk).update(state=ChatMessage.State.DONE, leased_until=None)
    return reply


def write_reply(message: ChatMessage) -> Reply:
    """Return what is said to a question: its answer, or why there is none. One that has an answer is not asked again."""
    person = message.person
    user = find_asker(person) if person is not None else None
    if person is None or user is None:
        return Reply(text=_("You are not registered here yet. Ask an Attest administrator to add you to this chat program."))
    if message.turn is not None and message.turn.finished_at is not None:
        return _reply_of_turn(message.turn)
    try:
        spend("ask", user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
        turn = _start(message, person, user)
        asked = asked_of(turn, credential=credential_of(person), via=f"chat:{message.app.name}")
        answer = async_to_sync(finish_question)(asked)
    except (QuestionRefused, TooManyRequests) as refused:
        return Reply(text=refused.message)
    except ChatError as error:
        return Reply(text=str(error.sentence))
    return reply_of(answer, turn)


def reply_of(answer: Answer, turn: Turn) -> Reply:
    """Return an answer for a chat: its text with markers, what they cite, and where the conversation is."""
    given = answer.as_dict()
    if given["outcome"] == "answered":
        return Reply(text=given["answer"], sources=tuple(_sources(given["citations"])), address=_address(turn), answer=given)
    text = " ".join(filter(None, (given["message"], given["instead"], given["hint"])))
    return Reply(text=text, sources=tuple(_sources(given["nearest"])), address=_address(turn), answer=given)


def credential_of(person: ChatPerson) -> Credential:
    user = person.user
    return Credential(kind="delegated", user_id=user.pk, username=user.username, session_key=f"{KIND}:{person.pk}")


def find_chatter(credential: Credential) -> User | None:
    """Return whose rights apply now; None once the program, the mapping or the person is out."""
    number = credential.session_key.partition(":")[2]
    person = ChatPerson.objects.select_related("user", "app").filter(pk=number, user=credential.user_id).first()
    return find_asker(person) if person is not None else None


def find_asker(person: ChatPerson) -> User | None:
    return person.user if person.app.is_enabled and may_sign_in(person.user) else None


def _start(message: ChatMessage, person: ChatPerson, user: User) -> Turn:
    """Keep the question in the person's conversation. One that was cut off is given up, and asked anew. Raises: QuestionRefused."""
    where = where_in(message.app.collections.all(), user=user)
    with transaction.atomic():
        turn = start_turn(user=user, question=clean_question(message.question), conversation=person.conversation, where=where)
        ChatPerson.objects.filter(pk=person.pk).update(conversation=turn.conversation_id)
        ChatMessage.objects.filter(pk=message.pk).update(turn=turn)
    return Turn.objects.select_related("conversation__collection", "conversation__user").get(pk=turn.pk)


@transaction.atomic
def _lease(pk: int) -> ChatMessage | None:
    now = timezone.now()
    due = Q(state=ChatMessage.State.WAITING) | Q(state=ChatMessage.State.RUNNING, leased_until__lt=now)
    rows = ChatMessage.objects.select_for_update(of=("self",)).select_related("app", "person__user", "person__app", "turn")
    message = rows.filter(due, pk=pk, app__is_enabled=True).first()
    if message is None:
        return None
    message.state, message.leased_until, message.attempts = ChatMessage.State.RUNNING, now + LEASE, message.attempts + 1
    message.save(update_fields=["state", "leased_until", "attempts"])
    return message


def _reply_of_turn(turn: Turn) -> Reply:
    given = turn.answer
    text = given.get("answer") or given.get("message") or _("No answer was given.")
    return Reply(text=text, sources=tuple(_sources(given.get("citations", []))), address=_address(turn), answer=given)


def _sources(places: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for place in places:
        label = f"[{place['marker']}] {place['title']}" if "marker" in place else str(place["title"])
        found.append((label, _base() + reverse("kb:source", args=[place["version_uid"], place["page_number"]])))
    return found


def _address(turn: Turn) -> str:
    return _base() + reverse("chat:conversation", args=[turn.conversation.uid])


def _base() -> str:
    return settings.PUBLIC_URL or settings.LOCAL_URL
