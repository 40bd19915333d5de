"""Replacing, reading again, deleting a collection, and what their pages say."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from ingest.documents.again import reread_document
from ingest.documents.deletion import delete_collection
from ingest.documents.moving import move_document
from ingest.editions import building as editions
from ingest.errors import UploadRefused
from ingest.models import Job
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload
from kb.models import Chunk, Collection, Document, DocumentVersion, Page
from sources.models import SqlSource
from tests.confirmed import confirmed
from tests.ingest.engine import FakeEngine

pytestmark = pytest.mark.django_db
SENTENCE = "You earn six hours of annual leave per pay period."
TEXT = f"# Leave\n\n{SENTENCE}\n".encode()


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    for name in ("MEDIA_ROOT", "INDEX_ROOT", "CACHE_ROOT"):
        setattr(settings, name, tmp_path / name.lower())


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def work(engine):
    return lambda: run_due_jobs(engine=lambda: engine)


@pytest.fixture
def document(collection, knowledge_admin, work) -> Document:
    accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin)
    work()
    return Document.objects.get()


@pytest.fixture
def admin(client, knowledge_admin):
    client.force_login(knowledge_admin)
    return client


def text_of(response) -> str:
    return response.content.decode()


# --- reading again ---


def test_a_file_that_is_read_again_is_the_next_version_and_the_old_one_stays(document, knowledge_admin, work, engine):
    before = document.current_version
    page = before.pages.get()
    version = reread_document(document, user=knowledge_admin)
    document.refresh_from_db()
    assert (document.current_version, version.number, version.is_reread) == (before, 2, True)
    work()

    document.refresh_from_db()
    assert document.current_version == version
    assert Chunk.objects.get().version == version
    assert {row[0] for row in engine.writer.rows.values()} == {version.pk}
    assert Page.objects.get(pk=page.pk).text == version.pages.get().text  # what a receipt cites is where it was
    assert Event.objects.filter(action="document.reread").count() == 1


def test_a_file_cannot_be_read_again_while_it_is_read(document, knowledge_admin, work):
    reread_document(document, user=knowledge_admin)
    with pytest.raises(UploadRefused, match="not_ready"):
        reread_document(document, user=knowledge_admin)


def test_the_command_reads_again_what_was_read_before_a_day_and_leaves_what_it_cannot(
    document, collection, knowledge_admin, work, settings
):
    accept_upload(collection=collection, name="notes.txt", stream=io.BytesIO(b"Depots close at six."), user=knowledge_admin)
    accept_upload(collection=collection, name="gone.md", stream=io.BytesIO(b"# Gone\n\nNo original.\n"), user=knowledge_admin)
    work()
    gone = Document.objects.get(name="gone.md")
    (settings.MEDIA_ROOT / gone.current_version.storage_path).unlink()
    DocumentVersion.objects.filter(document=document).update(indexed_at=timezone.now() - timedelta(days=3))
    today = timezone.localdate().isoformat()

    def run(*options: str) -> str:
        out = io.StringIO()
        call_command("reread", *options, stdout=out, stderr=io.StringIO())
        return out.getvalue()

    assert run("--dry-run") == "Would be read again: 3 documents.\n"
    assert run("--dry-run", "--before", today) == "Would be read again: 1 documents.\n"
    assert run("--dry-run", "--ending", "md", "--collection", collection.slug) == "Would be read again: 2 documents.\n"
    assert run("--ending", ".md").splitlines()[0] == "The workers read 1 documents again."
    assert DocumentVersion.objects.filter(is_reread=True).get().document == document
    assert "Left alone: 1. " in run("--before", today)  # it waits already
    with pytest.raises(CommandError, match="no collection"):
        run("--collection", "nowhere")
    with pytest.raises(CommandError, match="no day"):
        run("--before", "soon")


def test_where_reading_again_fails_the_old_version_answers(document, knowledge_admin, work, settings):
    original = settings.MEDIA_ROOT / document.current_version.storage_path
    reread_document(document, user=knowledge_admin)
    original.unlink()
    with pytest.raises(UploadRefused, match="not_ready"):
        reread_document(document, user=knowledge_admin)  # one waits
    work()
    document.refresh_from_db()
    assert document.current_version.number == 1
    assert Chunk.objects.live().count() == 1
    assert document.versions.get(number=2).error_code == "missing"
    with pytest.raises(UploadRefused, match="original_gone"):
        reread_document(document, user=knowledge_admin)


def test_the_same_bytes_uploaded_after_reading_again_are_recognised(document, collection, knowledge_admin, work):
    reread_document(document, user=knowledge_admin)
    work()
    again = accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin)
    assert (again.outcome, again.version.number) == ("unchanged", 2)


# --- deleting a collection ---


def test_a_deleted_collection_is_gone_at_once_and_its_address_free(
    document, collection, knowledge_admin, employee, client, work, engine
):
    address = reverse("kb:collection", args=[collection.slug])
    client.force_login(employee)
    assert SENTENCE in text_of(client.get(reverse("kb:document", args=[document.uid])))
    assert delete_collection(collection, confirmation="Handbook", user=knowledge_admin) == 1

    assert client.get(address).status_code == 404
    assert client.get(reverse("kb:document", args=[document.uid])).status_code == 404
    assert client.get(reverse("kb:source", args=[document.current_version.uid, 1])).status_code == 404
    assert not Chunk.objects.visible_to(knowledge_admin).exists()
    assert not Collection.objects.visible_to(knowledge_admin).exists()
    work()
    assert (Chunk.objects.count(), Page.objects.count(), engine.writer.rows) == (0, 0, {})
    assert DocumentVersion.objects.count() == 1  # for receipts
    event = Event.objects.get(action="collection.deleted")
    assert (event.subject, event.summary) == ("collection:handbook", "Handbook")
    Collection.objects.create(name="Handbook", slug="handbook")


def test_a_deleted_collection_is_no_groups_any_more(collection, group, knowledge_admin, client):
    client.force_login(knowledge_admin)
    response = confirmed(client).post(reverse("ingest:collection_delete", args=[collection.slug]), {"name": "Handbook"})
    assert response.status_code == 302
    collection.refresh_from_db()
    assert collection.deleted_at is not None
    assert not Collection.groups.through.objects.filter(collection=collection).exists()
    assert not group.collections.exists()


def test_a_deleted_collection_takes_nothing_in_any_more(collection, knowledge_admin):
    delete_collection(collection, confirmation="Handbook", user=knowledge_admin)
    with pytest.raises(UploadRefused, match="gone"):
        accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin)
    with pytest.raises(UploadRefused, match="gone"):
        delete_collection(collection, confirmation="Handbook", user=knowledge_admin)


def test_the_sql_sources_of_a_deleted_collection_are_removed(collection, knowledge_admin):
    source = SqlSource.objects.create(
        collection=collection, name="Shop", query="SELECT 1", key_column="id", title_template="{id}", sealed_dsn="sealed"
    )
    delete_collection(collection, confirmation="Handbook", user=knowledge_admin)
    source.refresh_from_db()
    assert source.removed_at is not None
    assert source.sealed_dsn == ""
    assert not SqlSource.objects.manageable_by(knowledge_admin).exists()


def test_what_is_read_when_its_collection_is_deleted_never_answers(collection, knowledge_admin, work, engine):
    accept_upload(collection=collection, name="leave.md", stream=io.BytesIO(TEXT), user=knowledge_admin)
    publish = engine.writer.publish

    def delete_meanwhile(entries, **options):
        if entries:
            delete_collection(collection, confirmation="Handbook", user=knowledge_admin)
        return publish(entries, **options)

    engine.writer.publish = delete_meanwhile
    work()
    Job.objects.update(not_before=None)
    work()
    assert (Chunk.objects.count(), Page.objects.count(), engine.writer.rows) == (0, 0, {})
    assert not Event.objects.filter(action="document.indexed").exists()


def test_only_the_name_deletes_a_collection(admin, document, collection):
    confirmed(admin)
    address = reverse("ingest:collection_delete", args=[collection.slug])
    assert "Its 1 document will be deleted with it." in text_of(admin.get(address))
    refused = admin.post(address, {"name": "handbook"})
    assert refused.status_code == 422
    assert "Enter the collection&#x27;s name exactly as shown." in text_of(refused)
    assert Collection.objects.live().count() == 1
    assert admin.post(address, {"name": " Handbook "}).url == reverse("kb:index")
    assert not Collection.objects.live().exists()


# --- pages ---


def test_a_document_is_replaced_on_its_page_by_a_file_of_another_name(admin, document, work):
    file = SimpleUploadedFile("draft-7.md", TEXT + b"More.\n")
    assert admin.post(reverse("ingest:replace", args=[document.uid]), {"file": file}).status_code == 302
    shown = text_of(admin.get(reverse("kb:document", args=[document.uid])))
    assert "Version 2 is being processed. This version is used until it is ready." in shown
    work()
    document.refresh_from_db()
    assert (document.name, document.current_version.number) == ("leave.md", 2)
    versions = text_of(admin.get(reverse("kb:document", args=[document.uid]), {"tab": "versions"}))
    assert "replaced by version 2" in versions


def test_a_replacement_that_cannot_be_read_is_reported_on_the_page_of_what_answers(admin, document, work):
    admin.post(reverse("ingest:replace", args=[document.uid]), {"file": SimpleUploadedFile("b.md", b"<!-- nothing -->\n")})
    work()
    shown = text_of(admin.get(reverse("kb:document", args=[document.uid])))
    assert "Version 2 could not be processed: No text was found in the file." in shown
    assert SENTENCE in shown


def test_a_replacement_of_another_kind_is_refused(admin, document):
    file = SimpleUploadedFile("leave.pdf", b"%PDF-1.7\n")
    response = admin.post(reverse("ingest:replace", args=[document.uid]), {"file": file}, follow=True)
    assert "The content of the file does not match its name." in text_of(response)
    assert document.versions.count() == 1


def test_the_stages_are_shown_with_their_times(admin, document):
    shown = text_of(admin.get(reverse("kb:document", args=[document.uid]), {"tab": "stages"}))
    for words in ("Uploaded", "Parsed", "Split into passages", "1 passage", "Embedded", "Indexed", "Ready"):
        assert words in shown
    assert shown.count("steps__step--done") == 6
    fragment = admin.get(reverse("kb:document", args=[document.uid]), {"tab": "stages"}, headers={"HX-Request": "true"})
    assert "<html" not in text_of(fragment)


def test_stages_that_wait_renew_themselves_and_failed_ones_do_not(admin, document, work):
    file = SimpleUploadedFile("b.md", b"<!-- nothing -->\n")
    admin.post(reverse("ingest:replace", args=[document.uid]), {"file": file})
    address = reverse("kb:document", args=[document.uid])
    waiting = text_of(admin.get(address, {"tab": "stages", "version": 2}))
    assert "every 2s" in waiting and "steps__step--waiting" in waiting
    work()
    failed = text_of(admin.get(address, {"tab": "stages", "version": 2}))
    assert "every 2s" not in failed
    assert failed.count("steps__step--failed") == 1
    assert "No text was found in the file." in failed


def test_passages_are_those_of_the_edition_that_answers(admin, document, engine, work):
    editions.start_edition(engine=engine, user=None)
    address = reverse("kb:document", args=[document.uid])
    assert text_of(admin.get(address, {"tab": "passages"})).count('<article class="passage"') == 1
    work()
    assert Chunk.objects.count() == 2
    assert text_of(admin.get(address, {"tab": "passages"})).count('<article class="passage"') == 1


def test_a_moved_document_is_in_no_page_of_the_old_readers(admin, client, document, knowledge_admin, employee):
    other = Collection.objects.create(name="Other", slug="other")
    move_document(document, to=other, user=knowledge_admin)
    client.force_login(employee)
    version = document.current_version
    for address in (
        reverse("kb:document", args=[document.uid]),
        reverse("kb:source", args=[version.uid, 1]),
        reverse("kb:collection", args=["other"]),
    ):
        assert client.get(address).status_code == 404
    for address in (reverse("kb:index"), reverse("kb:collection", args=["handbook"]), reverse("chat:home")):
        assert "leave.md" not in text_of(client.get(address))


def test_a_name_that_is_taken_is_reported_on_the_move_page(admin, document):
    other = Collection.objects.create(name="Other", slug="other")
    Document.objects.create(collection=other, name="leave.md", title="Leave")
    address = reverse("ingest:move", args=[document.uid])
    assert 'value="other"' in text_of(admin.get(address))
    response = admin.post(address, {"to": "other"})
    assert response.status_code == 422
    assert "The target collection already has a document with this name." in text_of(response)
    assert admin.post(address, {"to": "nowhere"}).status_code == 422


def test_the_page_of_the_index_shows_what_answers_and_what_is_built(admin, document, settings, tmp_path):
    address = reverse("ingest:editions")
    assert "The settings specify another embedding model" in text_of(admin.get(address))
    admin.post(reverse("ingest:edition_start"))
    shown = text_of(admin.get(address))
    assert "0 of 1 documents" in shown and "every 2s" in shown
    admin.post(reverse("ingest:edition_pause"))
    paused = text_of(admin.get(address))
    assert "Paused" in paused and "every 2s" not in paused
    admin.post(reverse("ingest:edition_cancel"))
    assert "0 of 1 documents" not in text_of(admin.get(address))
    settings.EMBEDDER = str(tmp_path / "nothing")
    assert "The model in the setting ATTEST_EMBEDDER cannot be loaded:" in text_of(admin.get(address))


def test_the_page_of_the_index_says_that_its_model_is_gone(admin, document):
    # The fake's vectors were made by "fake-1", which no setting opens.
    shown = text_of(admin.get(reverse("ingest:editions")))
    assert "The embedding model of this index is missing: fake-1." in shown
