"""A question that is narrowed to collections, one document, kinds of files or a span of days finds nothing outside of it."""

import json
from datetime import UTC, date, datetime

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from api.footnotes import answer_text
from audit.models import Event
from chat.flow.running import ask, finish_question
from chat.types import Answer, Origin, Outcome
from ingest.documents.passages import change_passage
from kb.index.search import scope_for
from kb.index.within import Within
from kb.keeping.values import change_document
from kb.models import Collection, Document, DocumentVersion
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document, asked_by, dependencies_with

OTHER = "Contractors with five years of service earn 9 hours of annual leave per pay period."


@pytest.fixture
def leave(collection: Collection) -> Document:
    return add_document(collection, "leave.md", LEAVE)


@pytest.fixture
def other(collection: Collection) -> Document:
    document = add_document(collection, "contractors.pdf", OTHER)
    changes = {"media_type": "application/pdf", "created_at": datetime(2026, 3, 1, 12, tzinfo=UTC)}
    DocumentVersion.objects.filter(document=document).update(**changes)
    return document


def found(user: User, within: Within) -> list[str]:
    """Return the documents that the answer's evidence is of, as its receipt has them."""
    asked = asked_by(user, within=within)
    answer = async_to_sync(finish_question)(asked, compose=lambda: dependencies_with(ScriptedModel(f"{SIX_HOURS} [1]")))
    payload = json.loads(Event.objects.get(uid=answer.receipt).payload.body)["payload"]
    assert payload["scope"].get("within", {}) == within.as_dict()
    return [one["document"] for one in payload["evidence"]]


def test_evidence_lies_within(employee: User, leave: Document, other: Document) -> None:
    assert sorted(found(employee, Within())) == ["contractors.pdf", "leave.md"]
    assert found(employee, Within(document=str(leave.uid))) == ["leave.md"]
    assert found(employee, Within(media_types=("application/pdf",))) == ["contractors.pdf"]
    assert found(employee, Within(until=date(2026, 3, 1))) == ["contractors.pdf"]
    assert found(employee, Within(since=date(2026, 3, 2), media_types=("application/pdf",))) == []


def test_what_may_not_be_read_is_within_nothing(outsider: User, leave: Document) -> None:
    assert found(outsider, Within(document=str(leave.uid))) == []
    assert found(outsider, Within(collections=(leave.collection_id,))) == []


def test_the_index_is_told_the_documents_and_collections(
    employee: User, knowledge_admin: User, collection: Collection, leave: Document, other: Document
) -> None:
    board = Collection.objects.create(name="Board", slug="board")
    secret = add_document(board, "secret.md", OTHER)
    assert scope_for(knowledge_admin).collection_ids == {collection.pk, board.pk}
    assert scope_for(knowledge_admin).document_ids is None
    narrowed = scope_for(knowledge_admin, within=Within(collections=(board.pk,)))
    assert (narrowed.collection_ids, narrowed.document_ids) == ({board.pk}, None)
    assert scope_for(knowledge_admin, within=Within(document=str(leave.uid))).document_ids == {leave.pk}
    assert scope_for(employee, within=Within(document=str(secret.uid))).document_ids == set()
    assert scope_for(employee, within=Within(collections=(board.pk,))).collection_ids == set()


def test_questions_about_the_library_are_narrowed_too(employee: User, leave: Document, other: Document) -> None:
    def told(question: str, within: Within) -> str:
        asked = asked_by(employee, question, within=within)
        return async_to_sync(finish_question)(asked, compose=lambda: dependencies_with(None)).text

    assert "1 document" in told("How many documents are there?", Within(media_types=("application/pdf",)))
    assert "Contractors" in told("Who uploaded it?", Within(document=str(other.uid)))


def test_one_document_without_an_answer_is_refused(employee: User, leave: Document, collection: Collection) -> None:
    parking = add_document(collection, "parking.md", "The car park opens at seven.")
    asked = asked_by(employee, QUESTION, within=Within(document=str(parking.uid)))
    assert ask(QUESTION, user=employee, dependencies=dependencies_with(None)).outcome == Outcome.ANSWERED
    assert async_to_sync(finish_question)(asked, compose=lambda: dependencies_with(None)).outcome == Outcome.REFUSED


def test_tags_narrow_and_what_is_not_in_force_is_no_evidence(employee: User, leave: Document, other: Document) -> None:
    change_document(document=other, user=None, tags=["Contractors"])
    assert found(employee, Within(tags=("contractors",))) == ["contractors.pdf"]
    assert found(employee, Within(tags=("none",))) == []
    change_document(document=other, user=None, expires_on=date(2026, 1, 1))
    assert found(employee, Within()) == ["leave.md"]
    assert found(employee, Within(document=str(other.uid))) == []


def test_what_has_expired_is_told_as_such_where_its_collection_says_so(
    employee: User, collection: Collection, leave: Document
) -> None:
    Collection.objects.update(expired_documents="told")
    change_document(document=leave, user=None, expires_on=date(2026, 1, 1))
    answer = async_to_sync(finish_question)(
        asked_by(employee), compose=lambda: dependencies_with(ScriptedModel(f"{SIX_HOURS} [1]"))
    )
    assert answer.outcome == Outcome.ANSWERED
    assert {one.place.expired_on for one in answer.citations} == {"2026-01-01"}
    assert "(expired on 1 Jan 2026)" in answer_text(answer)


def test_a_correction_is_what_is_verified_and_its_citation_says_so(employee: User, knowledge_admin: User, leave: Document) -> None:
    version = leave.current_version
    assert version is not None
    (chunk,) = version.chunks.filter(text__contains="6 hours")
    read = chunk.text
    change_passage(chunk=chunk, kind="corrected", text=read.replace("6 hours", "8 hours"), reason="Misread.", user=knowledge_admin)

    def answer_with(text: str) -> Answer:
        return async_to_sync(finish_question)(asked_by(employee), compose=lambda: dependencies_with(ScriptedModel(f"{text} [1]")))

    assert answer_with(SIX_HOURS).origin != Origin.WRITTEN  # it does not hold any more
    answer = answer_with(SIX_HOURS.replace("6 hours", "8 hours"))
    assert answer.origin == Origin.WRITTEN
    (cited,) = answer.citations
    assert cited.place.correction is not None
    assert (cited.place.correction.by, cited.place.correction.page_says) == ("kim", read)
    assert (cited.place.start, cited.place.end) == (chunk.start, chunk.end)
    assert "8 hours" in cited.quote
