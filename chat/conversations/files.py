"""Files that somebody attaches to a conversation to ask about them. They never join the library, and go with the conversation.

They lie in a collection of their own that only whoever has the conversation may read (`Collection.is_private`), so that ingestion,
search, citations and receipts treat them as any other document.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.conversations.rules import allows
from chat.conversations.titles import TITLE_CHARACTERS
from chat.errors import QuestionRefused
from chat.models import Conversation
from ingest.documents.deletion import delete_collection, delete_document
from ingest.errors import UploadRefused
from ingest.services import accept_upload
from ingest.upload import ReceivedFile
from kb.models import Collection, Document, DocumentVersion

MOST_FILES = 10  # of a conversation
ALONE = timedelta(minutes=10)  # so long a collection of files may have no conversation: one is being made
AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file of a conversation, with its newest version."""

    document: Document
    version: DocumentVersion

    @property
    def can_be_asked(self) -> bool:
        """Whether answers can rest on it now."""
        return self.document.current_version_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A file that was not taken in, and why."""

    name: str
    reason: QuestionRefused | UploadRefused


def attach_files(
    files: Sequence[ReceivedFile], *, user: User, conversation: Conversation | None
) -> tuple[Conversation | None, list[RefusedFile]]:
    """Take files in, each by itself. Returns: their conversation, None where there was none and all are refused; those refused."""
    refused = []
    for file in files:
        try:
            conversation = attach_file(file, user=user, conversation=conversation)
        except (QuestionRefused, UploadRefused) as reason:
            refused.append(RefusedFile(name=file.name, reason=reason))
    return conversation, refused


@transaction.atomic
def attach_file(file: ReceivedFile, *, user: User, conversation: Conversation | None) -> Conversation:
    """Take a file in for a conversation, a new one where none is given; its questions are asked of its files from now on.

    Raises: UploadRefused: as `accept_upload` does. QuestionRefused: "no_files", "too_many_files", "unknown_conversation".
        Nothing is left of a conversation that was made for a file that is refused.
    """
    if not allows("allows_files"):
        raise QuestionRefused("no_files", _("Attaching files is switched off on this server. Contact your administrator."))
    if conversation is None:
        conversation = Conversation.objects.create(user=user, title=file.name.rpartition("/")[2][:TITLE_CHARACTERS])
    else:
        conversation = Conversation.objects.visible_to(user).select_for_update().filter(pk=conversation.pk).first()
        if conversation is None:
            raise QuestionRefused("unknown_conversation", _("This conversation does not exist."))
    holder = conversation.files
    if holder is None:
        slug = f"files-{uuid.uuid4().hex}"
        holder = Collection.objects.create(name=_("Files of a conversation"), slug=slug, is_private=True, keeper=user)
        conversation.files = holder
    elif holder.documents.live().count() >= MOST_FILES:
        message = _("A conversation can have at most %(count)d files. Remove one, or begin a new conversation.")
        raise QuestionRefused("too_many_files", message % {"count": MOST_FILES})
    conversation.collection, conversation.within, conversation.archived_at = holder, {}, None
    conversation.save()
    accept_upload(collection=holder, name=file.name, stream=file, user=user)
    return conversation


def files_of(conversation: Conversation) -> list[AttachedFile]:
    """Return what is attached to it, by name. Two queries; none where it has no files."""
    if conversation.files_id is None:
        return []
    rows = Document.objects.live().filter(collection=conversation.files_id).prefetch_related("versions").order_by("name")
    return [AttachedFile(document=row, version=max(row.versions.all(), key=lambda one: one.number)) for row in rows]


def any_unread(files: Sequence[AttachedFile]) -> bool:
    """Whether one of them is still waiting or being read."""
    return not all(one.version.is_finished for one in files)


def refuse_unread(conversation: Conversation) -> None:
    """Let no question meet files of which some are still being read. Raises: QuestionRefused: "files_unread"."""
    asked = (conversation.collection_id, *conversation.within.get("collections", ()))
    if conversation.files_id is None or conversation.files_id not in asked:
        return
    unread = [one.document.title for one in files_of(conversation) if not one.version.is_finished]
    if unread:
        message = _("Still being read: %(names)s. Ask again in a moment; your question stays here.")
        raise QuestionRefused("files_unread", message % {"names": ", ".join(unread)})


def remove_file(conversation: Conversation, uid: uuid.UUID, *, user: User) -> None:
    """Take a file out of a conversation; sentences that rest on it are hidden from then on. The last one's place is "everywhere".

    Raises: Http404: the conversation has no such file. UploadRefused: a legal hold keeps it.
    """
    document = get_object_or_404(Document.objects.live(), uid=uid, collection=conversation.files_id or 0)
    with transaction.atomic():
        delete_document(document, user=user)
        if not Document.objects.live().filter(collection=conversation.files_id).exists():
            Conversation.objects.filter(pk=conversation.pk, collection=conversation.files_id).update(collection=None)


def delete_files(conversation: Conversation, *, user: User | None) -> None:
    """Delete all that is attached to a conversation that goes. Raises: UploadRefused: a legal hold keeps a file."""
    holder = conversation.files
    if holder is not None and holder.deleted_at is None:
        delete_collection(holder, confirmation=holder.name, user=user)


def delete_left_files() -> int:
    """Delete the files whose conversation is gone by whatever way; what a legal hold keeps stays. Returns: of how many."""
    left = Collection.objects.undeleted().filter(is_private=True, conversation=None, created_at__lt=timezone.now() - ALONE)
    deleted = 0
    for row in left.order_by("pk")[:AT_ONCE]:
        try:
            delete_collection(row, confirmation=row.name, user=None)
        except UploadRefused:  # it is held
            continue
        deleted += 1
    return deleted
