"""Events are authenticated by keys that the database does not hold: making, changing, losing them, and chains of before."""

import json
import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.actor import Actor
from audit.chain.marks.keys import add_key, keys_path, read_keys
from audit.chain.verification import check_event, verify_chain
from audit.chain.witness import note_head, read_witness
from audit.errors import AuditInvalid, KeyUnusable
from audit.life.erasure import erase_payload
from audit.life.rotation import rotate_key
from audit.models import ChainHead, Event, Fact
from audit.services import record, seal_chain, write_checkpoint
from bench.harness.forging.chain import record_as_before
from bench.harness.forging.rows import rows
from ingest.first_start.installation import protect_audit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unguarded_audit")]


def codes() -> list[tuple[str, int]]:
    return [(problem.code, problem.sequence) for problem in verify_chain().problems]


def test_the_first_event_makes_the_key_readable_by_its_owner_alone(audit_root: Path) -> None:
    event = record("a.b", summary="x")
    path = audit_root / "event_keys.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    [key] = read_keys().values()
    assert event.key_id == key.id == ChainHead.objects.get().key_id
    assert event.mark == key.mark(event_hash=event.hash, facts_hash=event.facts_hash)
    assert key.secret.hex() not in repr(key)
    assert record("a.c").key_id == key.id


def test_the_keys_may_lie_elsewhere(settings, tmp_path: Path, audit_root: Path) -> None:
    settings.AUDIT_KEYS = str(tmp_path / "secrets" / "keys")
    record("a.b")
    assert keys_path() == tmp_path / "secrets" / "keys"
    assert len(read_keys()) == 1
    assert not (audit_root / "event_keys.jsonl").exists()


def test_without_its_keys_nothing_is_recorded(audit_root: Path) -> None:
    record("a.b")
    (audit_root / "event_keys.jsonl").unlink()
    with pytest.raises(KeyUnusable, match="restore the file of keys"):
        record("a.c")
    assert Event.objects.count() == 1
    assert codes() == [("key_unknown", 1)]
    (audit_root / "event_keys.jsonl").write_text("rubbish\n")
    with pytest.raises(KeyUnusable, match="Line 1"):
        record("a.c")
    with pytest.raises(CommandError, match="Line 1"):
        call_command("verify_audit")


def test_a_line_torn_by_a_crash_is_no_key_and_in_nobodys_way(audit_root: Path) -> None:
    record("a.b")
    path = audit_root / "event_keys.jsonl"
    path.write_bytes(path.read_bytes() + b'{"id":"ab')
    assert len(read_keys()) == 1
    add_key()
    assert len(read_keys()) == 2


def test_a_changed_key_is_vouched_for_by_the_old_one(capsys: pytest.CaptureFixture[str]) -> None:
    first = record("a.b")
    call_command("rotate_audit_key")
    assert "Events are marked with key" in capsys.readouterr().out
    last = record("a.c")
    assert last.key_id != first.key_id
    assert list(read_keys()) == [first.key_id, last.key_id]
    assert verify_chain().is_intact
    assert verify_chain().authenticated == 3
    rotation = Event.objects.get(action="audit.key_rotated")
    assert rotation.payload.data == rotation.payload.data | {"from": first.key_id, "to": last.key_id}
    with pytest.raises(AuditInvalid, match="needed to verify"):
        erase_payload(event=rotation, reason="asked for")


def test_who_has_an_old_key_alone_cannot_go_on_with_it() -> None:
    record("a.b")
    old, _new = rotate_key()
    record("a.c")
    stolen = read_keys()[old]
    forged = record("a.d")
    rows(Event).filter(pk=forged.pk).update(key_id=old, mark=stolen.mark(event_hash=forged.hash, facts_hash=forged.facts_hash))
    assert ("key_changed", forged.sequence) in codes()
    rows(ChainHead).update(key_id=old)  # and have the application itself use it
    record("a.e")
    assert ("key_changed", forged.sequence) in codes()


def test_a_change_of_keys_that_nobody_vouched_for_is_found(audit_root: Path) -> None:
    record("a.b")
    key = add_key()
    rows(ChainHead).update(key_id=key.id)
    record("audit.key_rotated", payload={"from": "x", "to": key.id, "endorsement": "0" * 64})
    assert codes() == [("key_changed", 2)]


def test_a_key_is_not_changed_before_there_is_one() -> None:
    with pytest.raises(CommandError, match="nothing can vouch"):
        call_command("rotate_audit_key")


def test_who_cannot_sign_records_all_the_same(settings, tmp_path: Path, audit_root: Path) -> None:
    """The signing key lies where another process alone gets at it."""
    (tmp_path / "file").write_text("in the way")
    settings.AUDIT_SIGNING_KEY = str(tmp_path / "file" / "key")
    record_as_before(0)
    record("a.b")
    assert write_checkpoint() is None
    assert not (audit_root / "checkpoints.jsonl").exists()
    assert Event.objects.get(action="audit.sealed").payload.data["seal"]["signature"] == ""
    assert verify_chain().is_intact
    settings.AUDIT_SIGNING_KEY = str(tmp_path / "secrets" / "key")
    assert write_checkpoint().sequence == 3
    assert (tmp_path / "secrets" / "key").exists()
    assert sorted(path.name for path in audit_root.glob("signing_key*")) == ["signing_key.pub"]


# --- chains of before ---


def test_a_chain_of_before_is_whole_without_marks_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        record_as_before(number)
    found = verify_chain()
    assert (found.is_intact, found.authenticated) == (True, 0)
    call_command("verify_audit")
    assert "None of them bears a mark yet" in capsys.readouterr().out
    assert check_event(Event.objects.get(sequence=2)) == ()


def test_the_first_start_seals_it_once(audit_root: Path) -> None:
    old = [record_as_before(number) for number in range(3)]
    protect_audit()
    protect_audit()
    seal = Event.objects.get(action="audit.sealed")
    [key] = read_keys().values()
    assert (seal.sequence, key.sealed_sequence, key.sealed_hash) == (4, 3, old[2].hash)
    assert seal.payload.data["seal"] | {"signature": ""} == {
        "sequence": 3,
        "hash": old[2].hash,
        "key_id": key.id,
        "reason": "upgrade",
        "signature": "",
    }
    assert len(seal.payload.data["seal"]["signature"]) == 128
    found = verify_chain()
    assert (found.is_intact, found.authenticated) == (True, 4)
    assert [event.hash for event in Event.objects.order_by("sequence")[:3]] == [event.hash for event in old]


@pytest.mark.parametrize("changes", [{"signature": "00" * 64}, {"sequence": 0}, {"hash": "0" * 64}])
def test_who_has_the_key_of_events_alone_forges_no_seal(changes: dict) -> None:
    """The seal is signed with the key of checkpoints, too, and says where it stands."""
    write_checkpoint()
    before = record("a.b")
    write_checkpoint()
    seal = {"sequence": before.sequence, "hash": before.hash, "key_id": before.key_id, "reason": "upgrade", "signature": ""}
    record("audit.sealed", payload={"seal": seal | changes})
    assert codes() == [("seal_forged", 2)]


def test_the_first_event_seals_it_where_no_start_did() -> None:
    record_as_before(0)
    assert record("a.b").sequence == 3
    assert [event.action for event in Event.objects.order_by("sequence")] == ["question.answered", "audit.sealed", "a.b"]
    assert verify_chain().is_intact


def test_facts_of_before_are_made_anew_from_what_was_recorded() -> None:
    event = record_as_before(0)
    facts = set(Fact.objects.values_list("kind", "value"))
    rows(Fact).filter(kind="model").update(value="forged")
    seal_chain()
    assert set(Fact.objects.filter(event=event).values_list("kind", "value")) == facts
    assert Event.objects.get(action="audit.sealed").payload.data["facts_rebuilt"] == 1
    assert verify_chain().is_intact


def test_a_seal_that_was_cut_off_is_made_again() -> None:
    """The key is on the disk, the marks are not."""
    last = [record_as_before(number) for number in range(3)][-1]
    made = add_key(sealed_sequence=3, sealed_hash=last.hash)
    assert seal_chain()
    assert list(read_keys()) == [made.id]
    assert verify_chain().is_intact


def test_no_seal_can_be_provoked_for_forged_events() -> None:
    record_as_before(0)
    seal_chain()
    record("a.b")
    rows(Event).filter(action="a.b").update(summary="forged")
    rows(Event).update(mark="", key_id="", facts_hash="")
    rows(ChainHead).update(key_id="")
    with pytest.raises(KeyUnusable, match="somebody has cleared them"):
        record("a.c")
    with pytest.raises(KeyUnusable):
        seal_chain()
    assert ("unauthenticated", 1) in codes()


def test_a_seal_names_damage_of_before_and_does_not_hide_it() -> None:
    for number in range(3):
        record_as_before(number)
    rows(Event).filter(sequence=2).update(action="x")
    seal_chain()
    assert codes() == [("event_altered", 2)]


# --- the note beside the database ---


def test_the_note_only_goes_forward(tmp_path: Path) -> None:
    assert read_witness(tmp_path) is None
    note_head(tmp_path, sequence=12, head_hash="a" * 64)
    note_head(tmp_path, sequence=9, head_hash="b" * 64)
    assert (read_witness(tmp_path).sequence, read_witness(tmp_path).hash) == (12, "a" * 64)
    (tmp_path / "head.json").write_text("torn")
    assert read_witness(tmp_path) is None


@pytest.mark.django_db(transaction=True)
def test_an_event_is_noted_when_it_is_committed(audit_root: Path) -> None:
    event = record("a.b")
    assert json.loads((audit_root / "head.json").read_text()) == {"sequence": 1, "hash": event.hash}


def test_the_note_finds_a_tail_cut_off_behind_the_last_checkpoint(audit_root: Path) -> None:
    events = [record("a.b", payload={"n": number}) for number in range(4)]
    note_head(audit_root, sequence=4, head_hash=events[3].hash)
    assert verify_chain().is_intact
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_payload WHERE event_id = %s", [events[3].pk])
        cursor.execute("DELETE FROM audit_event WHERE sequence = 4")
    rows(ChainHead).update(sequence=3, hash=events[2].hash)
    assert codes() == [("tail_cut", 4)]
    record("a.c")
    assert codes() == [("checkpoint_mismatch", 4)]


def test_an_erasure_says_who_ordered_it() -> None:
    event = record("question.answered", by=Actor(id="7", name="erin"), payload={"question": "?"})
    erasure = erase_payload(event=event, reason="asked for", by=Actor(id="9", name="ada"))
    assert erasure.payload.data["ordered_by"] == {"id": "9", "name": "ada"}
    assert Event.objects.get(pk=event.pk).payload.erased_at == erasure.at
