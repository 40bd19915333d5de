"""A copy of a person's data, for themselves or an authority: what they asked and were answered, what else is on record of them."""

import json
import zipfile
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

from django.db.models import Q

from accounts.models import User
from audit.actor import COMMAND_LINE, actor_of
from audit.models import Event
from audit.services import record
from chat.models import Conversation, Feedback
from kb.models import DocumentVersion
from retention.people.erasing import EXPORTED

AT_ONCE = 200
IN_MEMORY = 16 * 1024 * 1024  # bytes; what is larger goes into a file
ABOUT = """What Attest holds about one person.

account.json        the account, with its groups
conversations.json  conversations with their questions and answers
questions.jsonl     questions as the audit recorded them, a line each: also those of deleted conversations, and of programs
activity.jsonl      everything else on record that this person did, or that was done to the account
feedback.json       ratings and comments
uploads.json        files that this person uploaded, by name and hash

Passages of documents that answers rest on are the company's, not the person's: they are named, not copied.
"""


def export_person(person: User, *, by: User | None) -> SpooledTemporaryFile[bytes]:
    """Return an open ZIP file, which the caller closes, and put the export on record. `by`: None for the command line."""
    target = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the caller reads it
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", ABOUT)
        archive.writestr("account.json", _json(_account(person)))
        _write(archive, "conversations.json", _conversations(person), is_list=True)
        _write(archive, "questions.jsonl", map(_question, _events(person, is_question=True)))
        _write(archive, "activity.jsonl", map(_act, _events(person, is_question=False)))
        feedback = Feedback.objects.filter(user=person).order_by("pk").values("receipt", "rating", "comment", "updated_at")
        _write(archive, "feedback.json", feedback.iterator(), is_list=True)
        uploads = DocumentVersion.objects.filter(created_by=person).order_by("pk")
        named = uploads.values("document__name", "number", "sha256", "size", "created_at")
        _write(archive, "uploads.json", named.iterator(), is_list=True)
    actor = actor_of(by, otherwise=COMMAND_LINE)
    record(EXPORTED, by=actor, subject=f"user:{person.pk}", payload={"bytes": target.tell()})
    target.seek(0)
    return target


def _account(person: User) -> dict[str, Any]:
    names = ("username", "first_name", "last_name", "email", "role", "is_active", "date_joined", "last_login")
    return {name: getattr(person, name) for name in names} | {"groups": sorted(person.groups.values_list("name", flat=True))}


def _conversations(person: User) -> Iterator[dict[str, Any]]:
    for row in Conversation.objects.filter(user=person).order_by("pk").prefetch_related("turns").iterator(chunk_size=AT_ONCE):
        turns = [
            {
                "question": turn.question,
                "asked_at": turn.created_at,
                "answer": turn.answer.get("answer", ""),
                "receipt": turn.receipt,
            }
            for turn in row.turns.all()
        ]
        yield {"uid": row.uid, "title": row.title, "created_at": row.created_at, "turns": turns}


def _events(person: User, *, is_question: bool) -> Iterator[Event]:
    number = str(person.pk)
    rows = Event.objects.filter(Q(actor_id=number) | Q(subject=f"user:{number}")).select_related("payload").order_by("sequence")
    asked = Q(action__startswith="question.")
    return rows.filter(asked if is_question else ~asked).iterator(chunk_size=AT_ONCE)


def _question(event: Event) -> dict[str, Any]:
    data = event.payload.data
    answer = data.get("answer")
    evidence = [entry.get("document_uid") for entry in data.get("citations") or () if isinstance(entry, dict)]
    return _head(event) | {
        "question": data.get("question", ""),
        "answer": answer.get("answer", "") if isinstance(answer, dict) else "",
        "documents": sorted({str(uid) for uid in evidence if uid}),
    }


def _act(event: Event) -> dict[str, Any]:
    return _head(event) | {"subject": event.subject, "summary": event.summary, "content": event.payload.data}


def _head(event: Event) -> dict[str, Any]:
    return {"sequence": event.sequence, "uid": event.uid, "at": event.at, "action": event.action}


def _write(archive: zipfile.ZipFile, name: str, rows: Iterator[Any], *, is_list: bool = False) -> None:
    """Write rows as they come: a line each, or as one list."""
    with archive.open(name, "w", force_zip64=True) as stream:
        is_first = True
        for row in rows:
            if is_list:
                stream.write(b"[\n" if is_first else b",\n")
            stream.write(_json(row).encode() + (b"" if is_list else b"\n"))
            is_first = False
        if is_list:
            stream.write(b"[]\n" if is_first else b"\n]\n")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
