"""Explaining a search: what each leg thought, and which filter took what away."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from kb.index.engine import Engine
from kb.index.explaining import Standing, explain_document, explain_search
from kb.models import Collection, Document, DocumentVersion
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
QUERY = "How many hours of annual leave?"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(embedder="bundled-english", root=tmp_path)


@pytest.fixture
def secret() -> Collection:
    return Collection.objects.create(name="Secret", slug="secret")


@pytest.fixture
def library(engine: Engine, collection: Collection, secret: Collection) -> dict[str, Document]:
    leave = index_document(engine, collection, "leave.md", ["Employees earn six hours of annual leave.", "Parking costs money."])
    copy = index_document(engine, collection, "copy.md", ["Employees earn six hours of annual leave."])
    merger = index_document(engine, secret, "merger.md", ["Annual leave is frozen during the merger, all hours of it."])
    return {"leave": leave, "copy": copy, "merger": merger}


def by_text(standings: tuple[Standing, ...], words: str) -> list[Standing]:
    return [one for one in standings if one.chunk is not None and words in one.chunk.text]


def test_each_stage_is_reported_for_what_is_shown(
    engine: Engine, library: dict[str, Document], knowledge_admin: User, employee: User
) -> None:
    found = explain_search(QUERY, admin=knowledge_admin, user=employee, collection=None, engine=engine)
    best = found.shown[0]
    assert best.chunk is not None and "six hours" in best.chunk.text
    assert best.hit.keyword_rank in (1, 2) and best.hit.dense_rank in (1, 2) and best.fused_rank in (1, 2)
    assert best.hit.rerank_score is not None and best.hit.rerank_score > 0.5
    assert {"hours", "annual", "leave"} <= set(best.found)
    assert [term.text for term in found.terms] == ["mani", "hour", "annual", "leav"]
    assert best.missing == ("many",)
    assert [one.hit.is_repeat for one in by_text(found.shown, "six hours")] == [False, True]


def test_it_says_which_filter_took_a_passage_away(
    engine: Engine, library: dict[str, Document], knowledge_admin: User, employee: User, collection: Collection
) -> None:
    (hidden,) = by_text(
        explain_search(QUERY, admin=knowledge_admin, user=employee, collection=None, engine=engine).removed, "merger"
    )
    assert hidden.removed_by == "rights"
    asked = explain_search(QUERY, admin=knowledge_admin, user=knowledge_admin, collection=collection, engine=engine)
    assert [one.removed_by for one in by_text(asked.removed, "merger")] == ["collection"]
    whole = explain_search(QUERY, admin=knowledge_admin, user=knowledge_admin, collection=None, engine=engine)
    assert by_text(whole.removed, "merger") == [] and by_text(whole.shown, "merger")


@pytest.mark.parametrize(("change", "reason"), [("deleted", "deleted"), ("replaced", "version"), ("dropped", "gone")])
def test_what_the_index_still_has_is_distinguished(
    engine: Engine, library: dict[str, Document], knowledge_admin: User, change: str, reason: str
) -> None:
    merger = library["merger"]
    if change == "deleted":
        Document.objects.filter(pk=merger.pk).update(deleted_at="2026-01-01T00:00Z")
    elif change == "replaced":
        fields = {"number": 2, "sha256": "0", "size": 1, "media_type": "text/plain", "storage_path": "x"}
        Document.objects.filter(pk=merger.pk).update(
            current_version=DocumentVersion.objects.create(document=merger, status="indexed", **fields)
        )
    else:
        merger.current_version.chunks.all().delete()
    found = explain_search(QUERY, admin=knowledge_admin, user=knowledge_admin, collection=None, engine=engine)
    assert [one.removed_by for one in found.removed] == [reason]
    assert by_text(found.shown, "merger") == []


def test_a_document_is_explained_where_it_is_not_found(
    engine: Engine, library: dict[str, Document], knowledge_admin: User, employee: User, secret: Collection
) -> None:
    explained = explain_document(QUERY, document=library["merger"], user=employee, collection=None, engine=engine)
    assert (explained.is_readable, explained.is_in_collection, explained.chunk_count, explained.unembedded) == (False, True, 1, 0)
    (place,) = explained.places
    assert place.hit.keyword_rank is None and place.hit.rank == 0  # in no ranking of someone who may not read it
    assert "leave" in place.found
    explained = explain_document(QUERY, document=library["leave"], user=employee, collection=secret, engine=engine)
    assert (explained.is_readable, explained.is_in_collection) == (True, False)
    explained = explain_document(QUERY, document=library["leave"], user=employee, collection=None, engine=engine)
    assert explained.places[0].hit.keyword_rank in (1, 2)
    assert explained.places[0].fused_rank in (1, 2)


def test_a_document_that_failed_says_so(engine: Engine, collection: Collection, employee: User) -> None:
    document = Document.objects.create(collection=collection, name="locked.pdf", title="Locked")
    fields = {"sha256": "0", "size": 1, "media_type": "application/pdf", "storage_path": "x"}
    DocumentVersion.objects.create(document=document, number=1, status="failed", error_code="locked", **fields)
    explained = explain_document(QUERY, document=document, user=employee, collection=None, engine=engine)
    assert explained.newest is not None and (explained.newest.status, explained.newest.error_code) == ("failed", "locked")
    assert explained.chunk_count == 0 and explained.places == ()


def test_what_stepped_back_beyond_the_limit_is_marked(
    engine: Engine, knowledge_admin: User, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.index.explaining.SHOWN", 2)
    index_document(
        engine, collection, "rules.md", ["Annual leave accrues. Employees earn six hours of annual leave."], title="Rules"
    )
    index_document(engine, collection, "copy.md", ["Employees earn six hours of annual leave!"], title="Rules")
    index_document(engine, collection, "other.md", ["Employees may ask for annual leave."])
    question = "annual leave accrues employees six hours"
    found = explain_search(question, admin=knowledge_admin, user=knowledge_admin, collection=None, engine=engine)
    assert [one.chunk.version.document.name for one in found.shown] == ["rules.md", "other.md"]
    assert [(one.removed_by, one.hit.is_repeat) for one in found.removed] == [("limit", True)]


def test_words_of_a_vocabulary_are_distinguished(
    engine: Engine, library: dict[str, Document], knowledge_admin: User, collection: Collection
) -> None:
    Collection.objects.filter(pk=collection.pk).update(vocabulary="PTO = annual leave")
    found = explain_search("PTO", admin=knowledge_admin, user=knowledge_admin, collection=None, engine=engine)
    assert [(term.text, term.is_added) for term in found.terms] == [("pto", False), ("annual leave", True)]
    assert found.readings == ("annual leave",)
    assert "annual leave" in found.shown[0].found and "PTO" in found.shown[0].missing


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("search", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def served(engine: Engine, library: dict[str, Document], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.management.commands.search.get_engine", lambda: engine)


@pytest.mark.usefixtures("served")
def test_the_command_explains(employee: User) -> None:
    plain = run(QUERY)
    assert "leave.md, page 1" in plain and "merger.md" in plain and "rerank" not in plain
    output = run(QUERY, "--explain", "--user", employee.username, "--document", "merger.md")
    assert "the user may not read its collection" in output
    assert "repeats a better one" in output
    assert "merger.md: version 1 indexed, 1 passages answer" in output
    data = json.loads(run(QUERY, "--json", "--user", employee.username, "--document", "merger.md"))
    assert data["shown"][0]["keyword"]["rank"] in (1, 2)
    assert [row["removed_by"] for row in data["not_shown"]] == ["rights"]
    assert data["documents"][0]["readable"] is False


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("arguments", [("--user", "nobody"), ("--collection", "nowhere"), ("--document", "nothing.md")])
def test_the_command_names_what_it_does_not_know(arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=arguments[1]):
        run(QUERY, *arguments)
