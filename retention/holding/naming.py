"""What somebody typed, as the people, documents and conversations that a hold is put on."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from audit.looking.matching import by_receipt
from audit.models import Event, HeldThing
from chat.models import Conversation, Turn
from kb.models import Document
from retention.errors import RetentionRefused
from retention.holding.services import MOST_THINGS, Thing


def find_things(*, people: str = "", documents: str = "", conversations: str = "") -> list[Thing]:
    """Return what is named, a line each.

    Args:
        people: user names. documents: their numbers (uid) or addresses of their pages. conversations: numbers of receipts in them.
    Raises: RetentionRefused: one of them does not exist, or there are too many.
    """
    return [*_people(_lines(people)), *_documents(_lines(documents)), *_conversations(_lines(conversations))]


def _lines(text: str) -> list[str]:
    found = [line.strip() for line in text.replace("\x00", "").splitlines() if line.strip()]
    if len(found) > MOST_THINGS:
        raise RetentionRefused(_("A hold can have at most %(limit)s entries. Create another one.") % {"limit": MOST_THINGS})
    return found


def _people(names: Sequence[str]) -> list[Thing]:
    found = {user.username: user for user in User.objects.filter(username__in=names)}
    for name in names:
        if name not in found:
            raise RetentionRefused(_("There is no person with the user name “%(name)s”.") % {"name": name})
    return [Thing(kind=HeldThing.Kind.PERSON, value=str(found[name].pk), label=name) for name in names]


def _documents(given: Sequence[str]) -> list[Thing]:
    uids = [_uid_in(line) for line in given]
    found = dict(Document.objects.filter(uid__in=[uid for uid in uids if uid]).values_list("uid", "title"))
    for line, uid in zip(given, uids, strict=True):
        if uid is None or uid not in found:
            raise RetentionRefused(_("There is no document “%(line)s”. Enter the address of its page.") % {"line": line[:80]})
    return [Thing(kind=HeldThing.Kind.DOCUMENT, value=str(uid), label=found[uid]) for uid in uids if uid]


def _conversations(given: Sequence[str]) -> list[Thing]:
    return [_conversation(line) for line in given]


def _conversation(line: str) -> Thing:
    """By the number of a receipt in it, which is what an auditor has; or by the conversation's own."""
    numbered = by_receipt(line)
    receipts = list(map(str, Event.objects.filter(numbered).values_list("uid", flat=True)[:50])) if numbered is not None else []
    turn = Turn.objects.filter(receipt__in=receipts).select_related("conversation").first() if receipts else None
    uid = _uid_in(line)
    found = turn.conversation if turn is not None else Conversation.objects.filter(uid=uid).first() if uid else None
    if found is None:
        raise RetentionRefused(
            _("“%(line)s” is not the receipt of an existing conversation. Enter a receipt number.") % {"line": line[:80]}
        )
    return Thing(kind=HeldThing.Kind.CONVERSATION, value=str(found.uid), label=line[:300])


def _uid_in(line: str) -> UUID | None:
    """Return the number in a line, alone or as part of an address."""
    for part in reversed(line.rstrip("/").split("/")):
        try:
            return UUID(part)
        except ValueError:
            continue
    return None
