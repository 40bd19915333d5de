"""Fitting the token projection of an encoder of one's own."""

from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from kb.index.engine import Engine, _open_encoder, find_encoder
from kb.index.search import search_passages
from kb.models import Collection
from retrieval.encoding.fitting import NAME, fit_projection
from retrieval.encoding.missing import MissingEncoder
from retrieval.encoding.opening import ENGLISH, open_encoder
from tests.kb.indexing import index_document

pytestmark = pytest.mark.django_db
PASSAGES = [f"Rule {number}: employees of office {number % 7} earn {number} hours of annual leave." for number in range(30)]


@pytest.fixture
def folder(tmp_path: Path, settings: SimpleNamespace) -> Path:
    """The bundled model under another name, as an encoder of one's own."""
    made = tmp_path / "own-encoder"
    made.mkdir()
    for path in open_encoder(ENGLISH).folder.iterdir():
        (made / path.name).symlink_to(path)
    settings.EMBEDDER = str(made)
    return made


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("fit_projection", *arguments, stdout=out)
    return out.getvalue()


def restart() -> None:
    """Processes that run keep the encoder that they have opened."""
    _open_encoder.cache_clear()


def test_a_fitted_projection_reranks_and_the_old_index_goes_on_answering(
    folder: Path, tmp_path: Path, collection: Collection, employee: User
) -> None:
    before = Engine(embedder=str(folder), root=tmp_path / "index")
    index_document(before, collection, "rules.md", PASSAGES)
    (hit, *_) = search_passages("How much annual leave?", user=employee, engine=before).result.hits
    assert hit.rerank_score is None
    assert "32 dimensions" in run("--dimension", "32")
    restart()
    after = find_encoder(str(folder))
    assert after.fingerprint != before.embedder.fingerprint and "-t32x4-" in after.fingerprint
    assert find_encoder(str(folder), fingerprint=before.embedder.fingerprint).fingerprint == before.embedder.fingerprint
    assert isinstance(find_encoder(str(folder), fingerprint="another"), MissingEncoder)


def test_the_next_index_is_reranked(folder: Path, tmp_path: Path, collection: Collection, employee: User) -> None:
    index_document(Engine(embedder=str(folder), root=tmp_path / "first"), collection, "old.md", PASSAGES)
    run("--dimension", "32")
    restart()
    engine = Engine(embedder=str(folder), root=tmp_path / "second")
    index_document(engine, collection, "rules.md", PASSAGES)
    (hit, *_) = search_passages("How much annual leave?", user=employee, engine=engine).result.hits
    assert hit.rerank_score is not None and hit.rerank_score > 0.4


@pytest.mark.parametrize("setting", ["bundled", "https://models.example/v1"])
def test_an_encoder_that_needs_none_is_refused(settings: SimpleNamespace, setting: str) -> None:
    settings.EMBEDDER = setting
    with pytest.raises(CommandError):
        run()


def test_an_empty_library_is_refused(folder: Path) -> None:
    with pytest.raises(CommandError, match="too few"):
        run()
    assert not (folder / NAME).exists()


@pytest.mark.parametrize("dimension", [0, 7, 400])
def test_a_dimension_that_cannot_be_is_refused(dimension: int) -> None:
    with pytest.raises(ValueError, match="not an even number"):
        fit_projection(np.ones((500, 384), np.float32), dimension)
