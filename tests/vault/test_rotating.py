"""An installation with keys: what lies on the disk and in the database cannot be read, and everything works as without them."""

import secrets
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from audit.chain.marks.guards import missing_guards
from audit.chain.verification import verify_chain
from audit.looking.matching import with_words
from audit.models import Event, Payload
from audit.services import record
from chat.conversations.searching import find_conversations
from chat.models import Conversation, Turn
from kb.models import Collection, DocumentVersion
from kb.storage import incoming_folder, keeping, original_path, receive, remove_original
from kb.viewing.rendering import page_picture
from system.sealing.renewing import renew_all, sealed_fields
from tests.pages.conftest import signed_in
from tests.permissions.conftest import make_document
from vault.kept import in_clear, is_kept, keep_bytes, open_kept, sealed_path, size_of
from vault.values import MARK

pytestmark = pytest.mark.django_db
SECRET = b"Wombats accrue nine days of burrow leave. " * 20_000


@pytest.fixture
def keys(settings, tmp_path: Path) -> Path:
    """The file of keys, with one key; the settings name it."""
    settings.MEDIA_ROOT, settings.CACHE_ROOT, settings.AUDIT_ROOT = (tmp_path / name for name in ("files", "cache", "audit"))
    file = tmp_path / "data.keys"
    file.write_text(secrets.token_hex(32))
    settings.DATA_KEYS = str(file)
    return file


def store(collection: Collection) -> DocumentVersion:
    version = make_document(collection, name="leave.pdf")
    with keeping(receive(BytesIO(SECRET), max_bytes=len(SECRET))) as path:
        DocumentVersion.objects.filter(pk=version.pk).update(storage_path=path, size=len(SECRET), sha256=Path(path).name)
    version.refresh_from_db()
    return version


def ask(user: User, question: str = "How long is burrow leave?") -> Turn:
    conversation = Conversation.objects.create(user=user, title="Burrow leave")
    answer = {"outcome": "answered", "answer": "Nine days of burrow leave. 九天", "sentences": [], "citations": [], "nearest": []}
    event = record("question.answered", summary=question, payload={"question": question, "answer": answer})
    return Turn.objects.create(conversation=conversation, position=0, question=question, answer=answer, receipt=str(event.uid))


async def read(response: Any) -> bytes:
    return b"".join([piece async for piece in response.streaming_content])


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def raw() -> list[str]:
    """Every sealed column of every row, as the database holds it."""
    found = []
    with connection.cursor() as cursor:
        for field in sealed_fields():
            cursor.execute(f"SELECT {field.column} FROM {field.model._meta.db_table}")  # noqa: S608  our own names
            found += [value for (value,) in cursor.fetchall() if value]
    return found


def test_an_original_is_sealed_and_read_by_whoever_may(keys: Path, settings, collection: Collection, employee: User) -> None:
    version = store(collection)
    path = original_path(version.storage_path)
    assert b"Wombats" not in on_disk(settings.MEDIA_ROOT)
    assert [file.name for file in settings.MEDIA_ROOT.rglob("*") if file.is_file()] == [sealed_path(path).name]
    assert size_of(path) == len(SECRET)
    collection.download_groups.set(employee.groups.all())
    response = signed_in(employee).get(f"/library/versions/{version.uid}/original/")
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(SECRET))
    assert async_to_sync(read)(response) == SECRET
    with in_clear(path) as readable:
        assert readable.read_bytes() == SECRET
    assert not readable.exists()
    assert remove_original(version.sha256, is_wanted=lambda: False)
    assert not is_kept(path)


def test_a_sandboxed_child_reads_it_and_its_pictures_are_sealed(keys: Path, settings, collection: Collection) -> None:
    from reportlab.pdfgen import canvas

    stream = BytesIO()
    drawing = canvas.Canvas(stream, pagesize=(400, 600))
    drawing.drawString(100, 300, "Wombats")
    drawing.showPage()
    drawing.save()
    version = make_document(collection, name="drawn.pdf")
    with keeping(receive(BytesIO(stream.getvalue()), max_bytes=1 << 20)) as path:
        version.storage_path, version.sha256 = path, Path(path).name
    first = page_picture(version=version, page_number=1, width=240)
    assert first.startswith(b"RIFF")
    assert b"WEBP" not in on_disk(settings.CACHE_ROOT / "pages")
    original_path(version.storage_path).with_name(Path(path).name + ".sealed").unlink()
    assert page_picture(version=version, page_number=1, width=240) == first  # the kept one


def test_questions_and_answers_are_sealed_and_found(keys: Path, employee: User, outsider: User) -> None:
    turn = ask(employee)
    turn.refresh_from_db()
    assert (turn.question, turn.answer["outcome"]) == ("How long is burrow leave?", "answered")
    values = raw()
    assert values
    assert all(value.startswith(MARK) for value in values)
    assert [one.conversation.title for one in find_conversations(employee, "burrow")] == ["Burrow leave"]
    assert [one.snippet for one in find_conversations(employee, "九天")] != []
    assert find_conversations(employee, "wallaby") == find_conversations(outsider, "burrow") == []
    assert with_words(Event.objects.all(), "burrow leave").exists()
    assert with_words(Event.objects.all(), "rrow lea").exists()  # a part of a word
    assert Payload.objects.get().data["question"] == "How long is burrow leave?"
    assert verify_chain().problems == ()


def test_an_installation_that_held_all_in_clear_is_sealed_and_its_keys_are_rotated(
    keys: Path, settings, collection: Collection, employee: User, auditor: User
) -> None:
    first_key, settings.DATA_KEYS = settings.DATA_KEYS, ""
    version, turn = store(collection), ask(employee)
    picture = settings.CACHE_ROOT / "pages" / version.sha256 / "1-240.webp"
    keep_bytes(picture, b"a picture of wombats")
    assert b"Wombats" in on_disk(settings.MEDIA_ROOT)
    settings.DATA_KEYS = first_key
    out = StringIO()
    call_command("rotate_keys", verbosity=0, stdout=out)
    assert "1 originals, 1 pictures" in out.getvalue()
    old = keys.read_text()
    assert_sealed_and_whole(settings, version, turn, picture)
    keys.write_text(f"{secrets.token_hex(32)}\n{old}")
    call_command("rotate_keys", verbosity=0, stdout=out)
    keys.write_text(keys.read_text().splitlines()[0])  # the old key is gone
    assert_sealed_and_whole(settings, version, turn, picture)
    assert renew_all().values == renew_all().originals == 0
    assert Event.objects.filter(action="data.keys_rotated").count() == 2


def assert_sealed_and_whole(settings, version: DocumentVersion, turn: Turn, picture: Path) -> None:
    lying = on_disk(settings.MEDIA_ROOT) + on_disk(settings.CACHE_ROOT / "pages")
    assert not any(word in lying for word in (b"Wombats", b"picture"))
    assert all(value.startswith(MARK) for value in raw())
    with open_kept(original_path(version.storage_path)) as stream:
        assert stream.read() == SECRET
    with open_kept(picture) as stream:
        assert stream.read() == b"a picture of wombats"
    assert Turn.objects.get(pk=turn.pk).answer == turn.answer
    assert missing_guards() == ()
    assert verify_chain().problems == ()


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", [1, 5, 9])
def test_a_run_that_was_killed_is_run_again(keys: Path, settings, collection: Collection, employee: User, after: int) -> None:
    first_key, settings.DATA_KEYS = settings.DATA_KEYS, ""
    version, turn = store(collection), ask(employee)
    picture = settings.CACHE_ROOT / "pages" / version.sha256 / "1-240.webp"
    keep_bytes(picture, b"a picture of wombats")
    settings.DATA_KEYS = first_key
    looked_at = 0

    def kill(count: int) -> None:
        nonlocal looked_at
        looked_at += 1
        if looked_at == after:
            raise Killed

    with pytest.raises(Killed):
        renew_all(advance=kill)
    (incoming_folder() / "left.part").write_bytes(b"half a file")
    sealed = sealed_path(original_path(version.storage_path))
    renew_all()
    original_path(version.storage_path).write_bytes(SECRET)  # killed between the rename and the removal: both are there
    assert sealed.exists()
    renew_all()
    (incoming_folder() / "left.part").unlink()  # the sweep's, an hour later
    assert_sealed_and_whole(settings, version, turn, picture)


def test_what_was_altered_on_the_disk_is_a_finding_and_no_crash(keys: Path, employee: User, unguarded_audit: None) -> None:
    ask(employee)
    ask(employee)
    altered = "UPDATE audit_payload SET body = substr(body, 1, length(body) - 8) || 'AAAAAAA=' WHERE event_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(altered, [Event.objects.order_by("sequence")[0].pk])
    assert [problem.sequence for problem in verify_chain().problems] == [1]


def test_without_a_key_nothing_changes_and_the_command_says_what_to_do(settings, employee: User) -> None:
    ask(employee)
    assert not any(value.startswith(MARK) for value in raw())
    with pytest.raises(CommandError, match="openssl rand -hex 32"):
        call_command("rotate_keys", verbosity=0)


def test_a_lost_key_is_told_and_nothing_is_overwritten(keys: Path, collection: Collection, employee: User) -> None:
    ask(employee)
    before = raw()
    keys.write_text(secrets.token_hex(32))
    with pytest.raises(CommandError, match="which ATTEST_DATA_KEYS does not hold"):
        call_command("rotate_keys", verbosity=0)
    assert raw() == before
