"""Handing a question to people, taking it, answering it."""

import logging
import threading
from collections.abc import Sequence
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.editable import holds_unstorable
from accounts.models import User
from accounts.sign_in.mail import has_mail
from audit.actor import actor_of
from audit.services import record
from chat.conversations.sharing import answers_for
from chat.models import Turn
from curation.errors import CurationRefused
from curation.handover.models import Handover
from kb.models import Collection, Document
from kb.rights.stewards import owners_of

logger = logging.getLogger(__name__)
LONGEST_NOTE = 2000
LONGEST_REPLY = 10_000
OPEN_AT_MOST = 20  # of one person
MOST_TOLD = 20
TRANSCRIPT = 20  # questions up to the one that was handed over
_OPEN = (Handover.State.OPEN, Handover.State.TAKEN)
_ENDED = (Turn.State.ANSWERED, Turn.State.REFUSED, Turn.State.STOPPED, Turn.State.FAILED)


def hand_over(turn: Turn, *, user: User, note: str = "") -> Handover:
    """Ask the people who look after the collection that the question is about, with what was asked and answered so far.

    Raises: CurationRefused: it is not finished, not theirs, or handed over already; too many of theirs are open.
    """
    note = _clean(note, LONGEST_NOTE)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # so that two clicks are one
        turn = Turn.objects.select_related("conversation__collection").get(pk=turn.pk)
        if turn.conversation.user_id != user.pk or turn.state not in _ENDED:
            raise CurationRefused("handover_invalid", _("Only a finished question can be handed over to a person."))
        if Handover.objects.filter(turn=turn).exists():
            raise CurationRefused("handover_invalid", _("This question has already been handed over to a person."))
        if Handover.objects.filter(asker=user, state__in=_OPEN).count() >= OPEN_AT_MOST:
            raise CurationRefused(
                "handover_invalid", _("Too many of your questions are waiting for a person. Wait for the answers first.")
            )
        made = Handover.objects.create(turn=turn, collection=collection_of(turn, user=user), asker=user, note=note)
        _record("handover.asked", made, user=user)
    _mail(
        people_for(made.collection),
        _("A question is waiting for you"),
        _("%(name)s asks: %(question)s") % {"name": user.get_full_name() or user.username, "question": turn.question[:500]},
        reverse("curation:handover", args=[made.uid]),
    )
    return made


def collection_of(turn: Turn, *, user: User) -> Collection | None:
    """Return what a question is about: where it was asked, else that of the first document that was cited, or near."""
    readable = Collection.objects.visible_to(user)
    if turn.conversation.collection_id is not None:
        return readable.filter(pk=turn.conversation.collection_id).first()
    places = [*turn.answer.get("citations", []), *turn.answer.get("nearest", [])]
    uid = next((place["document_uid"] for place in places), None)
    document = Document.objects.visible_to(user).filter(uid=uid).select_related("collection").first() if uid else None
    return document.collection if document is not None else None


def people_for(collection: Collection | None) -> list[User]:
    """Return who is told: the owners; where there are none, the knowledge admins."""
    owners = list(owners_of(collection)[:MOST_TOLD]) if collection is not None else []
    return owners or list(User.objects.filter(role=User.Role.KNOWLEDGE_ADMIN, is_active=True)[:MOST_TOLD])


def read_transcript(handover: Handover, *, reader: User) -> list[tuple[Turn, dict[str, Any]]]:
    """Return what was asked before it and it itself, with the answers as far as this reader may read their sources."""
    asked = handover.turn.conversation.turns.filter(pk__lte=handover.turn_id).newest_attempts()
    turns = list(asked.select_related("conversation__collection").order_by("-position")[:TRANSCRIPT])[::-1]
    return list(zip(turns, answers_for(turns, reader=reader), strict=True))


@transaction.atomic
def take(handover: Handover, *, user: User) -> Handover:
    """Say that one sees to it. Raises: CurationRefused: it is answered or closed."""
    row = _lock(handover)
    row.state, row.taken_by = Handover.State.TAKEN, user
    row.save(update_fields=["state", "taken_by"])
    _record("handover.taken", row, user=user)
    return row


def reply(handover: Handover, *, user: User, text: str) -> Handover:
    """Answer: it stands in the asker's conversation at once, and goes to them by mail. Raises: CurationRefused."""
    text = _clean(text, LONGEST_REPLY)
    if not text:
        raise CurationRefused("handover_invalid", _("Write an answer."))
    with transaction.atomic():
        row = _lock(handover)
        row.state, row.taken_by, row.reply, row.replied_at = Handover.State.ANSWERED, user, text, timezone.now()
        row.save(update_fields=["state", "taken_by", "reply", "replied_at"])
        _record("handover.answered", row, user=user, reply=text)
    address = reverse("chat:conversation", args=[row.turn.conversation.uid])
    _mail([row.asker], _("Your question was answered"), f"{row.turn.question[:500]}\n\n{text}", address)
    return row


@transaction.atomic
def close(handover: Handover, *, user: User) -> Handover:
    """End it without an answer: by who looks after it, or by the asker, who does not need one any more. Raises: CurationRefused."""
    row = _lock(handover)
    row.state = Handover.State.CLOSED
    row.save(update_fields=["state"])
    _record("handover.closed", row, user=user)
    return row


def _lock(handover: Handover) -> Handover:
    row = Handover.objects.select_for_update(of=("self",)).select_related("turn__conversation", "asker").get(pk=handover.pk)
    if row.state not in _OPEN:
        raise CurationRefused("handover_invalid", _("This question has already been answered or closed."))
    return row


def _clean(text: str, limit: int) -> str:
    text = text.replace("\r\n", "\n").strip()
    if holds_unstorable(text):
        raise CurationRefused("handover_invalid", _("This contains a character that cannot be stored."))
    if len(text) > limit:
        raise CurationRefused("handover_invalid", _("Enter at most %(count)s characters.") % {"count": limit})
    return text


def _record(action: str, row: Handover, *, user: User, **more: str) -> None:
    payload = {
        "question": row.turn.question,
        "receipt": row.turn.receipt,
        "collection": row.collection.slug if row.collection else "",
        "note": row.note,
        **more,
    }
    record(action, by=actor_of(user), subject=f"handover:{row.uid}", summary=row.turn.question[:300], payload=payload)


def _mail(people: Sequence[User], subject: str, body: str, address: str) -> None:
    """Write to each beside the request; a mail server that takes nothing changes nothing: the pages say the same."""
    to = [person.email for person in people if person.email and person.is_active]
    if not (to and has_mail()):
        return
    language, text = translation.get_language(), f"{body}\n\n{settings.PUBLIC_URL}{address}\n"

    def send() -> None:
        try:
            with translation.override(language):
                EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, bcc=to).send()
        except (SMTPException, OSError) as error:
            logger.error("mail about a handed over question was not taken: %s", error)

    transaction.on_commit(lambda: threading.Thread(target=send, name="mail", daemon=True).start())
