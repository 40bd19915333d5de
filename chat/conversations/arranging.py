"""Keeping conversations in order: another title, pinned, put away, deleted."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import HeldBack
from audit.life.holds import Deletable, refuse_held
from audit.services import lock_chain
from chat.conversations.files import delete_files
from chat.errors import QuestionRefused
from chat.models import Conversation, Turn
from ingest.errors import UploadRefused


def rename_conversation(conversation: Conversation, *, title: str) -> Conversation:
    """Give it another title, cut to its column. Raises: QuestionRefused: "empty"."""
    title = " ".join(title.replace("\x00", "").split())
    if not title:
        raise QuestionRefused("empty", _("Enter a title."))
    conversation.title = title[:200]
    conversation.save(update_fields=["title"])  # renaming does not move it in the list
    return conversation


def pin_conversation(conversation: Conversation, *, is_pinned: bool) -> Conversation:
    """Keep it above the others, or no more; a pinned one is not put away."""
    conversation.pinned_at = (conversation.pinned_at or timezone.now()) if is_pinned else None
    if is_pinned:
        conversation.archived_at = None
    conversation.save(update_fields=["pinned_at", "archived_at"])
    return conversation


def archive_conversation(conversation: Conversation, *, is_archived: bool) -> Conversation:
    """Put it away, or take it out again; it can be found and read all the same."""
    conversation.archived_at = (conversation.archived_at or timezone.now()) if is_archived else None
    if is_archived:
        conversation.pinned_at = None
    conversation.save(update_fields=["pinned_at", "archived_at"])
    return conversation


def delete_conversation(conversation: Conversation) -> None:
    """Delete it with its turns, links and files. The receipts stay in the audit; an answer on its way stops within a second.

    Raises: QuestionRefused: "held": a legal hold keeps it.
    """
    with transaction.atomic():
        lock_turns([conversation.pk])
        lock_chain()  # a hold that is recorded before this is seen here
        try:
            refuse_held(as_deletable(conversation))
        except HeldBack as held:
            message = _("A legal hold keeps this conversation. It can be deleted when the hold has been released.")
            raise QuestionRefused("held", message) from held
        try:
            delete_files(conversation, user=conversation.user)
        except UploadRefused as held:
            raise QuestionRefused(
                "held", _("A legal hold keeps a file of this conversation. It can be deleted when the hold has been released.")
            ) from held
        conversation.delete()


def lock_turns(conversations: Sequence[int]) -> None:
    """Lock the turns of conversations that are to go: before the chain, as whoever concludes an answer does."""
    list(Turn.objects.select_for_update().filter(conversation__in=conversations).order_by("pk").values_list("pk"))


def as_deletable(conversation: Conversation) -> Deletable:
    """Return the conversation as legal holds see it."""
    return Deletable(
        began=conversation.created_at,
        ended=conversation.updated_at,
        people=frozenset({str(conversation.user_id)}),
        conversations=frozenset({str(conversation.uid)}),
    )
