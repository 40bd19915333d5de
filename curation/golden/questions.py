"""Writing, changing and removing golden questions; each change is on record."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.services import record
from chat.errors import QuestionRefused
from chat.services import clean_question
from curation.errors import CurationRefused
from curation.golden.expecting import Expected, fold
from curation.golden.models import GoldenQuestion, digest_of
from kb.models import Collection, Document

MOST = 2_000  # golden questions of a collection
MOST_FACTS, MOST_WORDINGS, MOST_DOCUMENTS = 20, 10, 20
LONGEST = 300  # characters of a wording
LONGEST_NOTE = 2_000


def clean_expected(
    *, collection: Collection, is_refusal: bool, facts: Sequence[Sequence[str]], documents: Sequence[str]
) -> Expected:
    """Return what is expected, without what is empty or twice. Raises: CurationRefused: "golden_invalid"."""
    kept = tuple(
        wordings
        for wordings in (tuple(dict.fromkeys(" ".join(one.replace("\x00", "").split()) for one in fact)) for fact in facts)
        if any(wordings)
    )
    named = tuple(dict.fromkeys(name.strip() for name in documents if name.strip()))
    if is_refusal and (kept or named):
        raise CurationRefused("golden_invalid", _("A question that must be refused cannot have facts or documents."))
    if not is_refusal and not (kept or named):
        message = _("Enter what the answer must state or cite, or mark the question as one that must be refused.")
        raise CurationRefused("golden_invalid", message)
    if len(kept) > MOST_FACTS or len(named) > MOST_DOCUMENTS or any(len(fact) > MOST_WORDINGS for fact in kept):
        message = _("At most %(facts)d facts with %(wordings)d wordings each, and %(documents)d documents.")
        counts = {"facts": MOST_FACTS, "wordings": MOST_WORDINGS, "documents": MOST_DOCUMENTS}
        raise CurationRefused("golden_invalid", message % counts)
    if any(len(wording) > LONGEST or not fold(wording) for fact in kept for wording in fact):
        message = _("A wording must have 1 to %(limit)d characters.")
        raise CurationRefused("golden_invalid", message % {"limit": LONGEST})
    held = (
        set(Document.objects.live().filter(collection=collection, name__in=named).values_list("name", flat=True))
        if named
        else set()
    )
    if unknown := [name for name in named if name not in held]:
        message = _("There is no document “%(name)s” in this collection. Enter its name as the document list shows it.")
        raise CurationRefused("golden_invalid", message % {"name": unknown[0]})
    return Expected(is_refusal=is_refusal, facts=kept, documents=named)


def clean_golden(text: str) -> str:
    """Return a golden question as it is asked. Raises: CurationRefused: "golden_invalid"."""
    try:
        return clean_question(text)
    except QuestionRefused as refused:
        raise CurationRefused("golden_invalid", refused.message) from refused


def write_golden(
    *,
    collection: Collection,
    question: str,
    expected: Expected,
    user: User | None,
    note: str = "",
    origin: str = GoldenQuestion.Origin.WRITTEN,
    source: str = "",
    is_active: bool = True,
) -> GoldenQuestion:
    """Keep a golden question. `user` None: the command line. Raises: CurationRefused: "golden_invalid", "golden_taken"."""
    question = clean_golden(question)
    try:
        with transaction.atomic():
            _check_room(collection, more=1)
            row = GoldenQuestion.objects.create(
                collection=collection,
                question=question,
                digest=digest_of(question),
                note=_clean_note(note),
                origin=origin,
                source=source,
                is_active=is_active,
                created_by=user,
                **expected.as_dict(),
            )
            record_golden("golden_question.created", row, user=user)
    except IntegrityError as error:
        raise CurationRefused("golden_taken", _("This collection already has this golden question.")) from error
    return row


def change_golden(
    *, row: GoldenQuestion, question: str, expected: Expected, user: User | None, note: str, is_active: bool
) -> GoldenQuestion:
    """Change a golden question; records nothing where nothing differs. Raises: CurationRefused, as `write_golden`."""
    question = clean_golden(question)
    try:
        with transaction.atomic():
            row = GoldenQuestion.objects.select_for_update().get(pk=row.pk)
            before = serialize_golden(row)
            row.question, row.digest, row.note, row.is_active = question, digest_of(question), _clean_note(note), is_active
            for name, value in expected.as_dict().items():
                setattr(row, name, value)
            row.save()
            if serialize_golden(row) != before:
                record_golden("golden_question.changed", row, user=user)
    except IntegrityError as error:
        raise CurationRefused("golden_taken", _("This collection already has this golden question.")) from error
    return row


def delete_golden(*, row: GoldenQuestion, user: User | None) -> None:
    """Remove a golden question; results of earlier runs stay."""
    with transaction.atomic():
        if GoldenQuestion.objects.filter(pk=row.pk).delete()[0]:
            record_golden("golden_question.deleted", row, user=user)


def import_golden(*, collection: Collection, rows: Sequence[Mapping[str, Any]], user: User | None) -> tuple[int, int]:
    """Keep the questions of a file, as `curation.golden.files` gives them; one that is there takes what the file says.

    Returns: how many are new, and how many were changed. Raises: CurationRefused: none of them is kept.
    """
    with transaction.atomic():
        known = {one.digest: one for one in GoldenQuestion.objects.select_for_update().filter(collection=collection)}
        new = [row for row in rows if digest_of(row["question"]) not in known]
        _check_room(collection, more=len(new))
        changed = []
        for row in rows:
            if (there := known.get(digest_of(row["question"]))) is not None:
                before = serialize_golden(there)
                for name in ("is_refusal", "facts", "documents", "note"):
                    setattr(there, name, row[name])
                if serialize_golden(there) != before:
                    there.save()
                    changed.append(there)
        GoldenQuestion.objects.bulk_create(
            GoldenQuestion(
                collection=collection, digest=digest_of(row["question"]), origin=GoldenQuestion.Origin.FILE, created_by=user, **row
            )
            for row in new
        )
        if new or changed:
            record(
                "golden_question.imported",
                by=actor_of(user, otherwise=COMMAND_LINE),
                subject=f"collection:{collection.slug}",
                summary=collection.name,
                payload={
                    "collection": collection.slug,
                    "new": [dict(row) for row in new],
                    "changed": [serialize_golden(row) for row in changed],
                },
            )
    return len(new), len(changed)


def serialize_golden(row: GoldenQuestion) -> dict[str, Any]:
    """Return a golden question as programs write it, and as the audit keeps it."""
    return {
        "question": row.question,
        "expect": "refusal" if row.is_refusal else "answer",
        "facts": row.facts,
        "documents": row.documents,
        "note": row.note,
        "is_active": row.is_active,
    }


def record_golden(action: str, row: GoldenQuestion, *, user: User | None) -> None:
    record(
        action,
        by=actor_of(user, otherwise=COMMAND_LINE),
        subject=f"golden_question:{row.uid}",
        summary=row.question,
        payload={"collection": row.collection.slug, "origin": row.origin, "source": row.source, **serialize_golden(row)},
    )


def _clean_note(note: str) -> str:
    note = note.replace("\x00", "").strip()
    if len(note) > LONGEST_NOTE:
        raise CurationRefused("golden_invalid", _("A note can have at most %(limit)d characters.") % {"limit": LONGEST_NOTE})
    return note


def _check_room(collection: Collection, *, more: int) -> None:
    if more and GoldenQuestion.objects.filter(collection=collection).count() + more > MOST:
        message = ngettext(
            "A collection can have at most %(limit)d golden question.",
            "A collection can have at most %(limit)d golden questions.",
            MOST,
        )
        raise CurationRefused("golden_invalid", message % {"limit": MOST})
