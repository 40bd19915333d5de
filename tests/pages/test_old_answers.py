"""An old answer says what has become of its sources, on the page and over REST, and nothing of what its reader may not read."""

import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from chat.conversations.readable import readable_answer
from chat.conversations.standing import with_standing
from chat.models import Turn
from ingest.documents.deletion import delete_document
from kb.models import Chunk, Collection, Document
from tests.pages.conftest import QUOTE, add_version, signed_in

REPLACED = "replaced by version 3 on 2 May 2026"


def page_of(turn: Turn, user: User) -> str:
    return signed_in(user).get(reverse("chat:conversation", args=[turn.conversation.uid])).content.decode()


def answer_as_seen_by(turn: Turn, user: User) -> dict:
    response = signed_in(user).get(reverse("api:get_conversation", args=[turn.conversation.uid]))
    assert response.status_code == 200
    return response.json()["turns"][0]["answer"]


@pytest.fixture
def replaced(document: Document, turn: Turn) -> Document:
    """The answer cites version 1; version 2 failed, version 3 answers."""
    add_version(document, number=2, status="failed")
    newer = add_version(document, number=3)
    newer.indexed_at = datetime(2026, 5, 2, 9, tzinfo=UTC)
    newer.save()
    return document


def test_a_source_that_answers_still_is_shown_as_before(turn: Turn, employee: User) -> None:
    assert "replaced by" not in page_of(turn, employee)
    assert "was deleted on" not in page_of(turn, employee)
    assert "replaced_by" not in answer_as_seen_by(turn, employee)["citations"][0]
    assert "deleted_sources" not in answer_as_seen_by(turn, employee)


def test_a_replaced_source_says_by_which_version_and_when(replaced: Document, turn: Turn, employee: User) -> None:
    page = page_of(turn, employee)
    assert page.count(REPLACED) == 3  # under the source, on the citation's card, in its label
    assert QUOTE in page
    assert answer_as_seen_by(turn, employee)["citations"][0]["replaced_by"] == {"version": 3, "at": "2026-05-02T09:00:00Z"}


def test_a_version_that_does_not_answer_replaces_nothing(document: Document, turn: Turn, employee: User) -> None:
    add_version(document, number=2, status="parsed")
    assert "replaced by" not in page_of(turn, employee)


def test_a_deleted_source_says_when_and_its_sentence_stays_hidden(document: Document, turn: Turn, employee: User) -> None:
    delete_document(document=document, user=employee)
    Document.objects.filter(pk=document.pk).update(deleted_at=datetime(2026, 5, 3, 9, tzinfo=UTC))
    page = page_of(turn, employee)
    assert re.search(r'“Leave rules” was deleted on <time datetime="2026-05-03T09:00:00\+00:00"[^>]*>3 May 2026</time>\.', page)
    assert "1 sentence is no longer shown" in page
    assert QUOTE not in page
    answer = answer_as_seen_by(turn, employee)
    assert answer["deleted_sources"] == [{"title": "Leave rules", "deleted_at": "2026-05-03T09:00:00Z"}]
    assert (answer["citations"], answer["hidden"]) == ([], 1)


@pytest.mark.parametrize("is_deleted", [False, True])
def test_whoever_may_no_longer_read_the_collection_sees_nothing(
    replaced: Document, turn: Turn, employee: User, collection: Collection, is_deleted: bool
) -> None:
    if is_deleted:
        delete_document(document=replaced, user=employee)
    collection.groups.clear()
    page = page_of(turn, employee)
    for word in ("replaced by", "was deleted on", "Leave rules", "version 3"):
        assert word not in page
    answer = answer_as_seen_by(turn, employee)
    assert answer["citations"] == []
    assert "deleted_sources" not in answer


def test_fifty_answers_take_one_query(replaced: Document, turn: Turn, employee: User) -> None:
    shown = [(turn, readable_answer(turn, user=employee))] * 50
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = with_standing(shown, user=employee)
    assert len(queries) == 1
    assert all(answer["citations"][0]["replaced_by"]["version"] == 3 for _turn, answer in found)


@pytest.mark.parametrize("policy", ["left_out", "told"])
def test_a_source_that_has_expired_hides_its_sentence_or_is_told_as_the_collection_says(
    document: Document, turn: Turn, employee: User, collection: Collection, policy: str
) -> None:
    Collection.objects.filter(pk=collection.pk).update(expired_documents=policy)
    Document.objects.filter(pk=document.pk).update(expires_on=date(2026, 2, 1))
    page, answer = page_of(turn, employee), answer_as_seen_by(turn, employee)
    if policy == "left_out":
        assert QUOTE not in page
        assert "1 sentence is no longer shown" in page
        assert (answer["citations"], answer["hidden"]) == ([], 1)
    else:
        assert page.count("expired on 1 Feb 2026") == 4  # beside the sentence, under the source, on its card, copied
        assert answer["citations"][0]["expired_on"] == "2026-02-01"
    Document.objects.filter(pk=document.pk).update(expires_on=date(2099, 1, 1))
    assert "expired on" not in page_of(turn, employee)


def test_a_passage_that_was_switched_off_hides_its_sentence(document: Document, turn: Turn, employee: User) -> None:
    version = document.current_version
    assert version is not None
    chunk_id = int(turn.answer["citations"][0]["chunk_id"])
    page = version.pages.get()
    chunk = Chunk.objects.create(id=chunk_id, version=version, ordinal=0, page=page, start=0, end=9, text=QUOTE, text_hash="0" * 64)
    assert QUOTE in page_of(turn, employee)
    Chunk.objects.filter(pk=chunk.pk).update(is_off=True)
    assert QUOTE not in page_of(turn, employee)
    assert answer_as_seen_by(turn, employee)["hidden"] == 1
