"""What would go now, before a rule is switched on: counted with the code that lets it go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from audit.life.holds import ActiveHold, find_hold, read_holds
from chat.conversations.arranging import as_deletable
from chat.models import Conversation
from ingest.documents.held import held_among
from kb.models import Document
from retention.models import RetentionRule
from retention.rules.events import count_due, due_events, everything_held
from retention.rules.periods import Periods, read_periods

EXAMPLES = 10
Kind = RetentionRule.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    at: datetime
    words: str  # "" of a conversation: it is its owner's alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`held`: how many a legal hold keeps of what would go else."""

    kind: str
    due: int
    held: int
    examples: tuple[Example, ...]  # the oldest


def preview(kind: str, *, draft: RetentionRule | None = None, now: datetime | None = None) -> Preview:
    """Return what the rules of one kind would let go now; with `draft` as if it were on."""
    now, periods = now or timezone.now(), read_periods(kind, draft=draft)
    if kind == Kind.CONVERSATIONS:
        return _of_conversations(periods, now=now)
    if kind == Kind.DOCUMENTS:
        return _of_documents(periods, now=now)
    held = everything_held()
    first = next(due_events(kind, periods, now=now, held=held), [])
    return Preview(
        kind=kind,
        due=count_due(kind, periods, now=now, held=held),
        held=count_due(kind, periods, now=now, held=held, is_held=True),
        examples=tuple(Example(at=event.at, words=event.summary) for event in first[:EXAMPLES]),
    )


def due_conversations(periods: Periods, *, now: datetime) -> Iterator[Conversation]:
    """Yield the conversations that nobody has gone on with for so long, oldest first."""
    if periods.shortest is None:
        return
    rows = Conversation.objects.filter(updated_at__lt=now - timedelta(days=periods.shortest)).order_by("updated_at", "pk")
    for row in rows.iterator(chunk_size=500):
        collections = frozenset() if row.collection_id is None else frozenset({row.collection_id})
        if periods.is_due(collections, at=row.updated_at, now=now):
            yield row


def due_documents(periods: Periods, *, now: datetime) -> list[Document]:
    """Return the deleted documents whose grace is over and that are not purged yet, oldest first; before them what was begun."""
    begun = list(Document.objects.filter(purge__isnull=False, purge__finished_at=None).order_by("deleted_at", "pk"))
    if periods.shortest is None:
        return begun
    rows: QuerySet[Document] = Document.objects.filter(deleted_at__lt=now - timedelta(days=periods.shortest))
    rows = rows.filter(purge=None).order_by("deleted_at", "pk")
    return begun + [
        row for row in rows if row.deleted_at and periods.is_due(frozenset({row.collection_id}), at=row.deleted_at, now=now)
    ]


def _of_conversations(periods: Periods, *, now: datetime) -> Preview:
    holds = read_holds()
    rows = [(row.updated_at, find_hold(as_deletable(row), holds=holds)) for row in due_conversations(periods, now=now)]
    return _made(Kind.CONVERSATIONS, [(at, "", hold) for at, hold in rows])


def _of_documents(periods: Periods, *, now: datetime) -> Preview:
    rows = due_documents(periods, now=now)
    held = dict(held_among(Document.objects.filter(pk__in=[row.pk for row in rows])))
    return _made(Kind.DOCUMENTS, [(row.deleted_at or now, row.title, held.get(row.pk)) for row in rows])


def _made(kind: str, rows: Sequence[tuple[datetime, str, ActiveHold | None]]) -> Preview:
    free = [(at, words) for at, words, hold in rows if hold is None]
    examples = tuple(Example(at=at, words=words) for at, words in free[:EXAMPLES])
    return Preview(kind=kind, due=len(free), held=len(rows) - len(free), examples=examples)
