"""Passages that are switched off or corrected, and earlier versions: what answers, what the index has, what survives."""

import io

import pytest

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.models import Event
from ingest.documents.again import reread_document, restore_version
from ingest.documents.deletion import delete_document
from ingest.documents.passages import change_passage, lift_change
from ingest.errors import UploadRefused
from ingest.models import Job
from ingest.queue.running import run_due_jobs
from ingest.services import accept_upload
from kb.keeping.passages import hash_of, unmet_changes
from kb.models import Chunk, Document, PassageChange
from kb.place import place_of
from tests.ingest.engine import FakeEngine

pytestmark = pytest.mark.django_db
OFF, CORRECTED = "off", "corrected"
LEAVE = " ".join(f"Clause {number} says what the law says of leave." for number in range(15))
PARKING = " ".join(f"Place {number} is kept free for visitors in the morning." for number in range(15))
FIRST = f"You earn six hours of annual leave per pay period. {LEAVE}"  # long enough to be a passage of its own
SECOND = f"Parking costs forty euros a month. {PARKING}"
TEXT = f"# Leave\n\n{FIRST}\n\n# Parking\n\n{SECOND}\n"


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
    accept_upload(collection=collection, name="rules.md", stream=io.BytesIO(TEXT.encode()), user=knowledge_admin)
    work()
    assert [chunk.text for chunk in Chunk.objects.order_by("ordinal")] == [FIRST, SECOND]
    return Document.objects.get()


def chunk_of(text: str) -> Chunk:
    return Chunk.objects.select_related("version__document", "page", "change").get(text=text)


def upload(document: Document, text: str, user: User) -> None:
    accept_upload(collection=document.collection, name=document.name, stream=io.BytesIO(text.encode()), user=user)


def test_a_passage_that_is_switched_off_leaves_answers_at_once_and_then_the_index(
    document, employee, knowledge_admin, engine, work
) -> None:
    chunk = chunk_of(FIRST)
    change = change_passage(chunk=chunk, kind=OFF, reason="Read from a form.", user=knowledge_admin)
    assert [row.text for row in Chunk.objects.visible_to(employee)] == [SECOND]
    assert chunk.pk in engine.writer.rows
    work()
    assert set(engine.writer.rows) == {chunk_of(SECOND).pk}
    lift_change(change=change, user=knowledge_admin)
    work()
    assert set(engine.writer.rows) == {chunk.pk, chunk_of(SECOND).pk}
    assert [row.text for row in Chunk.objects.visible_to(employee).order_by("ordinal")] == [FIRST, SECOND]
    said = Event.objects.filter(action__startswith="passage.").order_by("sequence")
    assert [event.action for event in said] == ["passage.switched_off", "passage.restored"]
    assert said[0].payload.data["reason"] == "Read from a form."
    with pytest.raises(ValuesRefused):
        lift_change(change=change, user=knowledge_admin)


def test_a_corrected_passage_is_searched_and_cited_as_corrected(document, employee, knowledge_admin, engine, work) -> None:
    right = "You earn eight hours of annual leave per pay period."
    chunk = chunk_of(FIRST)
    change_passage(chunk=chunk, kind=CORRECTED, text=f" {right}\r\n", reason="The scan says eight.", user=knowledge_admin)
    (shown,) = Chunk.objects.visible_to(employee).filter(pk=chunk.pk).select_related("version__document", "page")
    assert (shown.text, shown.text_hash, shown.page.text[shown.start : shown.end]) == (right, hash_of(right), FIRST)
    correction = place_of(shown).correction
    assert correction is not None
    assert (correction.by, correction.page_says, correction.reason) == ("kim", FIRST, "The scan says eight.")
    engine.embedder.embedded.clear()
    work()
    assert [text.splitlines()[-1] for text in engine.embedder.embedded] == [right]
    assert len(engine.writer.rows) == 2


@pytest.mark.parametrize("kind", [OFF, CORRECTED])
def test_a_change_survives_reading_anew_and_a_new_version_with_the_same_passage(
    document, employee, knowledge_admin, engine, work, kind
) -> None:
    change = change_passage(chunk=chunk_of(FIRST), kind=kind, text="You earn eight hours.", reason="Misread.", user=knowledge_admin)
    work()
    for again in (
        lambda: reread_document(document, user=knowledge_admin),
        lambda: upload(document, TEXT + "\n# More\n\nThe canteen closes at two.\n", knowledge_admin),
    ):
        again()
        work()
        (chunk,) = Chunk.objects.filter(change=change)
        assert (chunk.is_off, chunk.text) == ((True, FIRST) if kind == OFF else (False, "You earn eight hours."))
        assert (chunk.pk in engine.writer.rows) == (kind != OFF)
        assert not unmet_changes(Document.objects.get(), edition=1)


def test_a_change_that_the_new_version_does_not_have_is_told(document, knowledge_admin, work, client) -> None:
    change = change_passage(chunk=chunk_of(FIRST), kind=OFF, reason="Misread.", user=knowledge_admin)
    upload(document, TEXT.replace("six", "seven"), knowledge_admin)
    work()
    document.refresh_from_db()
    assert [*unmet_changes(document, edition=1)] == [change]
    client.force_login(knowledge_admin)
    page = client.get(f"/library/documents/{document.uid}/").content.decode()
    assert "Changed passages that this version does not have" in page
    lift_change(change=change, user=knowledge_admin)
    assert not unmet_changes(document, edition=1)


def test_a_change_is_replaced_by_the_next_one_and_keeps_what_was_read(document, knowledge_admin) -> None:
    change_passage(chunk=chunk_of(FIRST), kind=CORRECTED, text="Eight hours.", reason="Misread.", user=knowledge_admin)
    change_passage(chunk=chunk_of("Eight hours."), kind=OFF, reason="Not ours.", user=knowledge_admin)
    chunk = Chunk.objects.get(ordinal=0)
    assert (chunk.is_off, chunk.text) == (True, FIRST)
    assert [row.kind for row in PassageChange.objects.filter(lifted_at=None)] == [OFF]
    assert Job.objects.filter(kind=Job.Kind.REVISE, state=Job.State.WAITING).count() == 1


@pytest.mark.parametrize(
    "given",
    [
        {"kind": OFF, "reason": "  "},
        {"kind": OFF, "reason": "x" * 501},
        {"kind": CORRECTED, "reason": "Misread.", "text": " "},
        {"kind": CORRECTED, "reason": "Misread.", "text": FIRST},
        {"kind": CORRECTED, "reason": "Misread.", "text": "\x00"},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(document, knowledge_admin, given) -> None:
    with pytest.raises(ValuesRefused):
        change_passage(chunk=chunk_of(FIRST), user=knowledge_admin, **given)
    assert not PassageChange.objects.exists()
    assert not Job.objects.filter(kind=Job.Kind.REVISE).exists()


# --- earlier versions ---


def test_rolling_back_reads_the_earlier_original_again_as_the_next_version(document, knowledge_admin, work) -> None:
    first = document.versions.get()
    upload(document, TEXT.replace("six", "seven"), knowledge_admin)
    with pytest.raises(UploadRefused, match="not_ready"):
        restore_version(first, user=knowledge_admin)
    work()
    restored = restore_version(first, user=knowledge_admin)
    work()
    document.refresh_from_db()
    assert document.current_version == restored
    assert (restored.number, restored.restored_from, restored.sha256) == (3, 1, first.sha256)
    assert [chunk.text for chunk in Chunk.objects.order_by("ordinal")] == [FIRST, SECOND]
    assert Event.objects.get(action="document.rolled_back").payload.data["restored_from"] == 1
    with pytest.raises(UploadRefused, match="same_version"):
        restore_version(restored, user=knowledge_admin)


def test_a_version_whose_original_is_gone_cannot_come_back(document, knowledge_admin, work, settings) -> None:
    first = document.versions.get()
    upload(document, TEXT.replace("six", "seven"), knowledge_admin)
    work()
    (settings.MEDIA_ROOT / first.storage_path).unlink()
    with pytest.raises(UploadRefused, match="original_gone"):
        restore_version(first, user=knowledge_admin)


def test_two_versions_stand_beside_each_other_with_what_differs_marked(client, document, employee, outsider, knowledge_admin, work):
    upload(document, TEXT.replace("six", "seven") + "\nThe canteen closes at two.\n", knowledge_admin)
    work()
    address = f"/library/documents/{document.uid}/compare/"
    client.force_login(employee)
    page = client.get(address, {"from": 1, "to": 2}).content.decode()
    assert "<del>six</del>" in page
    assert "<ins>seven</ins>" in page
    assert "<ins>The canteen closes at two.</ins>" in page
    assert "Roll back" not in page
    assert Event.objects.get(action="source.compared").payload.data["versions"] == [1, 2]
    assert client.get(address, {"from": 9}).status_code == 404
    client.force_login(outsider)
    assert client.get(address).status_code == 404
    client.force_login(knowledge_admin)
    assert "Roll back to version 1" in client.get(address).content.decode()


def test_the_words_of_a_change_go_with_the_document(document, knowledge_admin, work) -> None:
    change_passage(chunk=chunk_of(FIRST), kind=OFF, reason="Misread.", user=knowledge_admin)
    assert FIRST not in Event.objects.get(action="passage.switched_off").payload.body
    delete_document(document, user=knowledge_admin)
    work()
    assert not PassageChange.objects.exists()
