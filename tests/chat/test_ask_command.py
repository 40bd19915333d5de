"""`manage.py ask` on the real engine: one small document, indexed as ingestion would."""

import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from audit.models import Event
from kb.index.engine import get_engine
from kb.index.entries import to_indexed_chunk
from kb.models import Chunk, Collection, Document
from retrieval.types import IndexEntry
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, add_document


@pytest.fixture
def indexed(collection: Collection) -> Iterator[Document]:
    """A document that the process's own engine finds."""
    document = add_document(collection, "leave.md", LEAVE)
    add_document(collection, "badges.md", "Visitors wear a yellow badge and are met at the front desk.")
    chunks = [to_indexed_chunk(chunk) for chunk in Chunk.objects.select_related("version__document")]
    engine = get_engine()
    embeddings = engine.embedder.embed_passages([chunk.contextual_text for chunk in chunks])
    engine.writer.publish([IndexEntry(chunk=chunk, embedding=vectors) for chunk, vectors in zip(chunks, embeddings, strict=True)])
    yield document
    engine.writer.publish([], remove_versions={chunk.version_id for chunk in chunks})


def ask(question: str, **options: Any) -> str:
    out = StringIO()
    call_command("ask", question, stdout=out, **options)
    return out.getvalue()


def test_json_is_the_contract(indexed: Document) -> None:
    output = json.loads(ask(QUESTION, collection="handbook", as_json=True))
    assert {"outcome", "answer", "sentences", "citations", "model", "receipt", "timings_ms"} <= set(output)
    assert (output["outcome"], output["model"]) == ("answered", "extractive")
    assert SIX_HOURS in output["answer"]
    citation = next(one for one in output["citations"] if one["quote"].startswith(SIX_HOURS))  # and what follows it
    assert (citation["document"], citation["version"], citation["page"]) == ("leave.md", 1, None)
    assert citation["chunk_id"] == str(indexed.current_version.chunks.get().pk)
    sentence = next(one for one in output["sentences"] if one["text"] == SIX_HOURS)
    assert (sentence["verdict"], sentence["citations"]) == ("supported", [citation["marker"]])
    event = Event.objects.get(uid=output["receipt"])
    assert (event.action, event.actor_id, event.actor_name) == ("question.answered", "", "operator")


def test_the_plain_answer_has_numbered_sources(indexed: Document) -> None:
    output = ask(QUESTION)
    shown = re.search(re.escape(SIX_HOURS) + r"(\[\d\])", output)
    assert shown
    assert f"{shown[1]} Leave, version 1: “{SIX_HOURS}" in output
    assert "Model: extractive. Receipt: " in output


def test_a_question_that_the_documents_do_not_answer_is_refused(indexed: Document) -> None:
    output = json.loads(ask("Which cryptographic algorithm does the mainframe use for tape backups?", as_json=True))
    assert (output["outcome"], output["answer"], output["citations"]) == ("refused", "", [])
    assert Event.objects.get(uid=output["receipt"]).action == "question.refused"


def test_with_a_user_it_reads_what_they_may_read(indexed: Document, employee: User, outsider: User) -> None:
    assert SIX_HOURS in ask(QUESTION, user="erin")
    output = json.loads(ask(QUESTION, user="olga", as_json=True))
    assert (output["outcome"], output["reason"], output["nearest"]) == ("refused", "nothing_found", [])
    assert Event.objects.get(uid=output["receipt"]).actor_id == str(outsider.pk)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"collection": "nowhere"}, "There is no collection 'nowhere'"),
        ({"user": "nobody"}, "There is no active user 'nobody'"),
        ({"user": "olga", "collection": "handbook"}, "There is no collection 'handbook' that olga may read"),
    ],
)
def test_what_does_not_exist_is_said(collection: Collection, outsider: User, options: dict[str, str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        ask(QUESTION, **options)


@pytest.mark.parametrize(("question", "sentence"), [(" ", "Enter a question"), ("a" * 20_000, "has 20000 characters")])
def test_a_bad_question_gets_a_clear_sentence(db: None, question: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        ask(question)
    assert not Event.objects.exists()
