"""Purging: of a deleted document nothing is left, which a reconciler looks for and a certificate proves to others."""

import importlib.util
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.chain.verification import verify_chain
from audit.models import Event
from ingest.documents.deletion import delete_document
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload
from kb.models import Collection, Document, DocumentVersion
from language.analyzer import get_analyzer
from retention.holding.naming import find_things
from retention.holding.services import place_hold, release_hold
from retention.models import Purge
from retention.purging.purging import purge_documents
from retention.rules.changing import set_rule, switch_rule
from retention.rules.periods import read_periods
from retention.rules.preview import due_documents, preview
from retrieval.local.writer import LocalIndexWriter
from tests.ingest.engine import FakeEngine

ROOT = Path(__file__).resolve().parents[2]
SECRET = b"# Merger\n\nThe quokka merger closes on Friday.\n"
OTHER = b"# Leave\n\nYou earn six hours of annual leave per pay period.\n"


@pytest.fixture(autouse=True)
def places(settings, tmp_path: Path) -> Path:
    for name in ("MEDIA_ROOT", "CACHE_ROOT", "INDEX_ROOT", "BROKER_ROOT"):
        setattr(settings, name, tmp_path / name.lower())
    return tmp_path


@pytest.fixture
def engine(settings) -> FakeEngine:
    """With an index as it lies on the disk."""
    made = FakeEngine()
    writer = LocalIndexWriter(settings.INDEX_ROOT / "small", dimension=lambda: 1, analyzer=get_analyzer())
    setattr(made, "writer", writer)  # noqa: B010  another kind than its own
    return made


def upload(collection: Collection, user: User, engine: FakeEngine, name: str, content: bytes) -> DocumentVersion:
    version = accept_upload(collection=collection, name=name, stream=io.BytesIO(content), user=user).version
    run_due_jobs(engine=lambda: engine)
    version.refresh_from_db()
    assert version.status == "indexed"
    return version


def delete(version: DocumentVersion, engine: FakeEngine, *, user: User) -> Document:
    delete_document(version.document, user=user)
    run_due_jobs(engine=lambda: engine)
    return Document.objects.get(pk=version.document_id)


def purge(engine: FakeEngine, *documents: Document, scrub: bool = False) -> int:
    return purge_documents(documents, engine=lambda: engine, scrub=scrub)


def files_with(places: Path, word: bytes) -> list[str]:
    return [path.name for path in places.rglob("*") if path.is_file() and word in path.read_bytes()]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_and_the_certificate_proves_it_without_attest(
    places: Path, engine: FakeEngine, collection: Collection, knowledge_admin: User, auditor: User, client: Client, settings
) -> None:
    version = upload(collection, knowledge_admin, engine, "merger.md", SECRET)
    upload(collection, knowledge_admin, engine, "leave.md", OTHER)
    pictures = settings.CACHE_ROOT / "pages" / version.sha256
    pictures.mkdir(parents=True)
    (pictures / "1-800.webp").write_bytes(b"picture of the quokka merger")
    assert files_with(places, b"quokka")
    gone = delete(version, engine, user=knowledge_admin)
    assert files_with(places, b"quokka")  # the original, and the index, which only marks what was removed
    assert engine.writer.count_rows_of([version.pk]) > 0

    assert purge(engine, gone, scrub=True) == 1

    assert files_with(places, b"quokka") == []
    assert files_with(places, b"annual")
    assert not (settings.MEDIA_ROOT / version.storage_path).exists()
    assert engine.writer.count_rows_of([version.pk]) == 0
    assert (gone.versions.get().storage_path, gone.versions.get().sha256) == ("", version.sha256)
    [event] = Event.objects.filter(action="document.purged")
    certificate = event.payload.data["certificate"]
    assert set(certificate["looked_for"].values()) == {0}
    assert certificate["database"]["method"] == "vacuum"
    assert certificate["versions"] == [{"number": 1, "sha256": version.sha256, "bytes": len(SECRET), "file": "removed"}]
    assert purge(engine, gone) == 0
    assert Event.objects.filter(action="document.purged").count() == 1
    assert verify_chain().is_intact

    client.force_login(auditor)
    assert "Nothing left" in client.get("/retention/documents/").content.decode()
    packed = client.get(f"/retention/documents/{gone.uid}/certificate.zip").content
    specification = importlib.util.spec_from_file_location("verify_receipt", ROOT / "scripts/verify_receipt.py")
    verifier = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(verifier)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    bundle = json.loads(files.pop("receipts.json"))
    assert verifier.check_bundle(bundle, files=files, key_pem=(settings.AUDIT_ROOT / "signing_key.pub").read_bytes()) == []
    assert "Gone: merger.md, 1 version, all of 7 checks found nothing" in verifier.describe(bundle["receipts"][0])
    assert files["certificate.pdf"].startswith(b"%PDF")
    bundle["receipts"][0]["body"] = bundle["receipts"][0]["body"].replace("merger.md", "other.md")
    assert verifier.check_bundle(bundle, files=files)


@pytest.mark.django_db
def test_a_file_that_another_document_has_stays_until_that_one_goes_too(
    engine: FakeEngine, collection: Collection, knowledge_admin: User, settings
) -> None:
    other = Collection.objects.create(name="Fleet", slug="fleet")
    first, second = (upload(place, knowledge_admin, engine, "merger.md", SECRET) for place in (collection, other))
    original = settings.MEDIA_ROOT / first.storage_path
    assert purge(engine, delete(first, engine, user=knowledge_admin)) == 1
    assert original.read_bytes() == SECRET
    event = Event.objects.get(action="document.purged")
    assert event.payload.data["certificate"]["versions"][0]["file"] == "shared"
    assert purge(engine, delete(second, engine, user=knowledge_admin)) == 1
    assert not original.exists()


@pytest.mark.django_db
def test_a_hold_keeps_the_file_and_the_rule_lets_it_go_after_the_grace(
    engine: FakeEngine, collection: Collection, knowledge_admin: User, settings
) -> None:
    gone = delete(upload(collection, knowledge_admin, engine, "merger.md", SECRET), engine, user=knowledge_admin)
    switch_rule(set_rule(kind="documents", collection=None, days=30, by=None), is_on=True, seen_days=30, by=None)
    later = timezone.now() + timedelta(days=31)
    assert (preview("documents").due, preview("documents", now=later).due) == (0, 1)
    hold = place_hold(name="Smith", reason="", things=find_things(documents=str(gone.uid)), by=None)
    assert (preview("documents", now=later).due, preview("documents", now=later).held) == (0, 1)
    assert purge(engine, gone) == 0
    assert (settings.MEDIA_ROOT / gone.versions.get().storage_path).exists()
    assert not Purge.objects.exists()
    release_hold(hold=hold, reason="Settled", by=None)
    assert purge(engine, gone) == 1
    assert preview("documents", now=later).due == 0


class Killed(BaseException):
    """As a SIGKILL, nobody catches it."""


@pytest.mark.django_db
@pytest.mark.parametrize("point", ["purge_index_cleaned", "purge_files_removed"])
def test_a_purge_that_was_cut_off_goes_on(
    point: str, engine: FakeEngine, collection: Collection, knowledge_admin: User, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = upload(collection, knowledge_admin, engine, "merger.md", SECRET)
    gone = delete(version, engine, user=knowledge_admin)

    def die(name: str) -> None:
        if name == point:
            raise Killed

    monkeypatch.setattr("retention.purging.purging.crash_point", die)
    with pytest.raises(Killed):
        purge(engine, gone)
    assert not Event.objects.filter(action="document.purged").exists()
    monkeypatch.undo()
    assert due_documents(read_periods("documents"), now=timezone.now()) == [gone]  # though no rule is on any more
    assert purge(engine, gone) == 1
    assert not (settings.MEDIA_ROOT / version.storage_path).exists()
    assert Event.objects.filter(action="document.purged").count() == 1


@pytest.mark.django_db
def test_what_is_left_is_named_and_there_is_no_certificate(
    engine: FakeEngine, collection: Collection, knowledge_admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = upload(collection, knowledge_admin, engine, "merger.md", SECRET)
    live = version.document
    assert purge(engine, live) == 0  # it is not deleted
    gone = delete(version, engine, user=knowledge_admin)
    monkeypatch.setattr(engine.writer, "count_rows_of", lambda versions: 3)
    assert purge(engine, gone) == 0
    assert Purge.objects.get().problem == "index_rows: 3"
    assert not Event.objects.filter(action="document.purged").exists()
    monkeypatch.undo()
    assert purge(engine, gone) == 1
    assert Purge.objects.get().problem == ""


@pytest.mark.django_db
def test_the_database_overwrites_what_is_deleted() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL writes its tables anew instead")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA secure_delete").fetchone() == (1,)
