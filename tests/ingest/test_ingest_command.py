"""The command with the real encoder and index, as an administrator runs it."""

import io

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from ingest.models import Job
from kb.index.engine import get_engine
from kb.index.search import scope_for
from kb.models import Chunk, Collection, Document, DocumentVersion
from tests.ingest.files import lines, pdf, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "files"
    source = tmp_path / "source"
    write(source, "leave.md", "# Leave\n\nYou earn six hours of annual leave in every pay period.")
    write(source, "travel/hotels.pdf", pdf(lines("Hotels are booked by the travel desk at least ten days ahead.")))
    write(source, ".hidden.md", "Not this one.")
    yield source
    # The index outlives the test's transaction: what the test put there goes.
    if versions := list(DocumentVersion.objects.values_list("pk", flat=True)):
        get_engine().writer.publish([], remove_versions=versions)


def run(*arguments, **options):
    output, errors = io.StringIO(), io.StringIO()
    code: str | int | None = 0
    try:
        call_command("ingest", *map(str, arguments), stdout=output, stderr=errors, **options)
    except SystemExit as exit_:
        code = exit_.code
    return code, output.getvalue().strip(), errors.getvalue().strip()


def test_a_folder_is_taken_in_searched_and_recognised_the_second_time(folder, knowledge_admin):
    assert run(folder, collection="guide", create=True) == (0, "2 files: 2 new, 0 new versions, 0 unchanged, 0 failed.", "")
    assert set(Document.objects.values_list("name", flat=True)) == {"leave.md", "travel/hotels.pdf"}
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    found = get_engine().search("Who books hotels?", scope=scope_for(knowledge_admin))
    assert "travel desk" in Chunk.objects.get(pk=found.hits[0].chunk_id).text

    assert run(folder, collection="guide") == (0, "2 files: all unchanged, nothing to do.", "")
    assert run(folder / "leave.md", collection="guide")[1] == "1 file: all unchanged, nothing to do."
    assert Job.objects.count() == 2


def test_a_file_that_fails_is_named_and_gives_exit_code_1(folder):
    write(folder, "empty.txt", "")
    write(folder, "blank.pdf", pdf([]))
    code, output, errors = run(folder, collection="guide", create=True)

    assert code == 1
    assert output == "4 files: 2 new, 0 new versions, 0 unchanged, 2 failed."
    assert "empty.txt: The file is empty." in errors
    assert "blank.pdf: No text was found" in errors
    assert run(folder, collection="guide")[1] == "4 files: 0 new, 0 new versions, 2 unchanged, 2 failed."


def test_no_wait_leaves_the_work_to_the_workers(folder):
    code, output, _ = run(folder, collection="guide", create=True, no_wait=True)

    assert (code, Job.objects.filter(state=Job.State.WAITING).count()) == (0, 2)
    assert output.endswith("The workers read them now.")


def test_an_unknown_collection_or_path_is_an_error(folder):
    with pytest.raises(CommandError, match="no collection"):
        run(folder, collection="nowhere")
    with pytest.raises(CommandError, match="does not exist"):
        run(folder / "nothing", collection="guide", create=True)
    assert not Collection.objects.exclude(slug="guide").exists()


def test_a_collection_is_made_by_a_name_in_chinese_and_found_again_by_it(folder, knowledge_admin, client):
    for _ in range(2):
        code, _output, errors = run(folder, collection="员工手册", create=True)
        assert (code, errors) == (0, "")
    made = Collection.objects.get()
    assert (made.name, made.slug, made.documents.count()) == ("员工手册", "yuan-gong-shou-ce", 2)
    assert run(folder, collection="yuan-gong-shou-ce")[0] == 0
    created = Event.objects.get(action="collection.created")
    assert (created.actor_name, created.subject) == ("kim", "collection:yuan-gong-shou-ce")
    client.force_login(knowledge_admin)
    page = client.get("/library/").content.decode()
    assert "员工手册" in page and 'href="/library/c/yuan-gong-shou-ce/"' in page


def test_a_name_that_two_collections_have_is_no_address(folder, collection):
    Collection.objects.create(name="Handbook", slug="handbook-2")
    with pytest.raises(CommandError, match="Several collections"):
        run(folder, collection="Handbook")
    assert not Document.objects.exists()


def test_a_name_that_cannot_be_kept_is_an_error_and_nothing_is_made(folder):
    with pytest.raises(CommandError, match="120"):
        run(folder, collection="手册" * 100, create=True)
    assert not Collection.objects.exists()
