"""Verification finds what was done to the chain behind the application's back: every change here goes through plain SQL."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.actor import Actor
from audit.chain import checkpoints
from audit.chain.canonical import GENESIS, event_hash, sha256_hex
from audit.chain.verification import check_event, verify_chain
from audit.errors import CheckpointInvalid
from audit.life.erasure import erase_payload
from audit.models import Event
from audit.services import record, write_checkpoint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unguarded_audit")]


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def codes() -> list[tuple[str, int]]:
    return [(problem.code, problem.sequence) for problem in verify_chain().problems]


@pytest.fixture
def chain() -> list[Event]:
    """Five events, signed."""
    events = [
        record("question.answered", by=Actor(id="7", name="erin"), summary=f"Question {n}?", payload={"n": n}) for n in range(1, 6)
    ]
    write_checkpoint()
    return events


def rechain(start: int) -> None:
    """Recompute every link from `start` on, as someone with the whole database in their hands would."""
    before = Event.objects.filter(sequence=start - 1).first()
    previous = before.hash if before else GENESIS
    for event in Event.objects.filter(sequence__gte=start).order_by("sequence"):
        event.previous_hash = previous
        previous = event.expected_hash()
        sql("UPDATE audit_event SET previous_hash = %s, hash = %s WHERE id = %s", event.previous_hash, previous, event.pk)
    sql("UPDATE audit_chainhead SET hash = %s", previous)


def test_an_untouched_chain_is_intact_and_covered(chain: list[Event]) -> None:
    found = verify_chain()
    assert found.is_intact
    assert (found.events, found.erased, found.checkpoints, found.uncovered) == (5, 0, 1, 0)
    assert found.head_hash == chain[-1].hash
    record("a.b")
    assert verify_chain().uncovered == 1


def test_an_empty_chain_is_intact() -> None:
    found = verify_chain()
    assert (found.is_intact, found.events, found.checkpoint) == (True, 0, None)
    assert write_checkpoint() is None


@pytest.mark.parametrize("column", ["action", "actor_id", "actor_name", "subject", "summary", "payload_hash"])
def test_it_finds_an_altered_column(chain: list[Event], column: str) -> None:
    sql(f"UPDATE audit_event SET {column} = 'other' WHERE sequence = 3")  # noqa: S608  a name from the list above
    assert ("event_altered", 3) in codes()
    assert {sequence for _code, sequence in codes()} == {3}


def test_it_finds_an_altered_time(chain: list[Event]) -> None:
    sql("UPDATE audit_event SET at = '2020-01-01 00:00:00' WHERE sequence = 2")
    assert codes() == [("event_altered", 2)]


def test_it_finds_a_time_altered_by_a_microsecond(chain: list[Event]) -> None:
    at = chain[1].at + timedelta(microseconds=-1 if chain[1].at.microsecond else 1)
    sql("UPDATE audit_event SET at = %s WHERE sequence = 2", f"{at:%Y-%m-%d %H:%M:%S.%f}")
    assert codes() == [("event_altered", 2)]


def test_it_finds_an_altered_or_missing_payload(chain: list[Event]) -> None:
    sql("UPDATE audit_payload SET body = replace(body, '\"n\":4', '\"n\":9') WHERE event_id = %s", chain[3].pk)
    sql("DELETE FROM audit_payload WHERE event_id = %s", chain[1].pk)
    assert codes() == [("payload_missing", 2), ("payload_altered", 4)]


def test_it_finds_a_payload_emptied_without_an_erasure_on_record(chain: list[Event]) -> None:
    sql("UPDATE audit_payload SET body = '', erased_at = '2026-01-01 00:00:00' WHERE event_id = %s", chain[1].pk)
    sql("UPDATE audit_event SET summary = '', actor_name = '' WHERE sequence = 2")
    assert codes() == [("facts_altered", 2), ("payload_emptied", 2)]
    sql("DELETE FROM audit_fact WHERE event_id = %s", chain[1].pk)
    assert codes() == [("payload_emptied", 2)]


def test_it_finds_content_put_back_into_an_erased_event(chain: list[Event]) -> None:
    erase_payload(event=chain[1], reason="Request")
    sql("UPDATE audit_event SET summary = 'Harmless?' WHERE sequence = 2")
    assert codes() == [("payload_altered", 2)]


def test_it_finds_a_gap(chain: list[Event]) -> None:
    sql("DELETE FROM audit_payload WHERE event_id IN (%s, %s)", chain[1].pk, chain[2].pk)
    sql("DELETE FROM audit_event WHERE sequence IN (2, 3)")
    found = verify_chain()
    assert [(problem.code, problem.sequence) for problem in found.problems] == [("gap", 2)]
    assert found.problems[0].message == "to 3 are missing"


@pytest.mark.parametrize("missing", [1, 3])
def test_it_finds_a_single_missing_event(chain: list[Event], missing: int) -> None:
    sql("DELETE FROM audit_payload WHERE event_id = %s", chain[missing - 1].pk)
    sql("DELETE FROM audit_event WHERE sequence = %s", missing)
    found = verify_chain()
    assert [(problem.code, problem.sequence) for problem in found.problems] == [("gap", missing)]
    assert found.problems[0].message == "is missing"


def test_it_finds_an_event_rewritten_with_a_matching_hash(chain: list[Event]) -> None:
    event = Event.objects.get(sequence=3)
    event.action = "source.viewed"
    sql("UPDATE audit_event SET action = 'source.viewed', hash = %s WHERE sequence = 3", event.expected_hash())
    assert codes() == [("unauthenticated", 3), ("link_broken", 4)]


def test_the_checkpoint_finds_a_chain_rewritten_from_start_to_end(chain: list[Event]) -> None:
    sql("UPDATE audit_event SET action = 'source.viewed' WHERE sequence = 3")
    rechain(3)
    assert codes() == [*(("unauthenticated", sequence) for sequence in (3, 4, 5)), ("checkpoint_mismatch", 5)]


def test_the_checkpoint_finds_a_tail_cut_off_cleanly(chain: list[Event]) -> None:
    sql("DELETE FROM audit_payload WHERE event_id IN (%s, %s)", chain[3].pk, chain[4].pk)
    sql("DELETE FROM audit_event WHERE sequence > 3")
    assert codes() == [("tail_cut", 4)]
    sql("UPDATE audit_chainhead SET sequence = 3, hash = %s", chain[2].hash)
    assert codes() == [("tail_cut", 4)]


def test_the_checkpoint_finds_the_last_event_cut_off_cleanly(chain: list[Event]) -> None:
    sql("DELETE FROM audit_payload WHERE event_id = %s", chain[4].pk)
    sql("DELETE FROM audit_event WHERE sequence = 5")
    sql("UPDATE audit_chainhead SET sequence = 4, hash = %s", chain[3].hash)
    assert codes() == [("tail_cut", 5)]


def test_the_head_finds_a_tail_cut_off_before_the_first_checkpoint(chain: list[Event], audit_root: Path) -> None:
    (audit_root / "checkpoints.jsonl").unlink()
    sql("DELETE FROM audit_payload WHERE event_id = %s", chain[4].pk)
    sql("DELETE FROM audit_event WHERE sequence = 5")
    assert codes() == [("tail_cut", 5)]


def test_it_finds_an_event_added_past_the_head(chain: list[Event]) -> None:
    fields = {"action": "a.b", "actor_id": "", "subject": "", "payload_hash": "0" * 64, "previous_hash": chain[-1].hash}
    added = Event(sequence=6, at=chain[-1].at, **fields)
    added.hash = event_hash(sequence=6, uid=added.uid, at=added.at, **fields)
    added.save()
    assert codes() == [("unauthenticated", 6), ("payload_missing", 6), ("key_changed", 6), ("tail_added", 6)]


def test_the_head_finds_a_last_event_rewritten_before_the_first_checkpoint(chain: list[Event], audit_root: Path) -> None:
    """No later event holds its hash, and no checkpoint: the head alone does."""
    (audit_root / "checkpoints.jsonl").unlink()
    event = Event.objects.get(sequence=5)
    event.action = "source.viewed"
    sql("UPDATE audit_event SET action = 'source.viewed', hash = %s WHERE sequence = 5", event.expected_hash())
    assert codes() == [("unauthenticated", 5), ("tail_added", 5)]


def test_it_finds_forged_and_damaged_checkpoints(chain: list[Event], audit_root: Path) -> None:
    path = audit_root / "checkpoints.jsonl"
    path.write_text(path.read_text().replace('"sequence":5', '"sequence":4') + "rubbish\n" + '{"sequence": "five"}\n')
    assert [problem.message for problem in verify_chain().problems] == [
        "line 2 of checkpoints.jsonl is none",
        "line 3 of checkpoints.jsonl is none",
        "that of event 4 bears a false signature",
    ]


def test_checkpoints_signed_with_another_key_are_forged(chain: list[Event], audit_root: Path, tmp_path: Path) -> None:
    checkpoints.append_checkpoint(root=tmp_path / "other", sequence=3, head_hash=chain[2].hash)
    found = verify_chain(checkpoint=tmp_path / "other" / "checkpoints.jsonl")
    assert [problem.code for problem in found.problems] == ["checkpoint_forged"]
    own_key = tmp_path / "other" / "signing_key.pub"
    assert verify_chain(checkpoint=tmp_path / "other" / "checkpoints.jsonl", public_key=own_key).is_intact


def test_a_copy_kept_elsewhere_finds_what_the_installations_own_file_was_made_to_forget(
    chain: list[Event], audit_root: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes((audit_root / "checkpoints.jsonl").read_bytes())
    (audit_root / "checkpoints.jsonl").unlink()
    sql("DELETE FROM audit_fact WHERE event_id = %s", chain[4].pk)
    sql("DELETE FROM audit_payload WHERE event_id = %s", chain[4].pk)
    sql("DELETE FROM audit_event WHERE sequence = 5")
    sql("UPDATE audit_chainhead SET sequence = 4, hash = %s", chain[3].hash)
    assert verify_chain().is_intact
    assert [problem.code for problem in verify_chain(checkpoint=copy).problems] == ["tail_cut"]


def test_a_checkpoint_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(CheckpointInvalid):
        verify_chain(checkpoint=tmp_path / "none.jsonl")


def test_check_event_recomputes_one_event_and_its_links(chain: list[Event]) -> None:
    assert check_event(chain[2]) == ()
    sql("UPDATE audit_payload SET body = replace(body, '\"n\":3', '\"n\":9') WHERE event_id = %s", chain[2].pk)
    assert [problem.code for problem in check_event(Event.objects.get(sequence=3))] == ["payload_altered"]
    sql("UPDATE audit_event SET hash = %s WHERE sequence = 1", "f" * 64)
    assert [problem.code for problem in check_event(Event.objects.get(sequence=2))] == ["link_broken"]


def test_the_command_says_that_all_is_well(chain: list[Event], capsys: pytest.CaptureFixture[str]) -> None:
    erase_payload(event=chain[0], reason="Request")
    call_command("verify_audit")
    output = capsys.readouterr().out
    assert "The audit is intact: 6 events, each follows from the one before it." in output
    assert "6 of them bear the mark of this installation's keys." in output
    assert "1 of them had their personal data erased" in output
    assert "1 signed checkpoint(s) match" in output
    assert "covers all but the last 1 event(s)" in output


def test_the_command_names_the_event_and_fails(chain: list[Event], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sql("UPDATE audit_event SET action = 'x' WHERE sequence = 3")
    with pytest.raises(CommandError, match=r"The audit is not intact: 1 problem\(s\) among 5 events\."):
        call_command("verify_audit")
    assert "Event 3 was altered: its hash does not match [event_altered]" in capsys.readouterr().err
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_audit", "--checkpoint", str(tmp_path / "none.jsonl"))


# --- rows that mean nothing ---


def test_a_payload_that_is_no_json_is_a_finding_and_the_rest_is_read(chain: list[Event]) -> None:
    for event, body in ((chain[0], "no json"), (chain[1], '"text"'), (chain[2], '{"summary": "x"}'), (chain[3], "[" * 100_000)):
        sql("UPDATE audit_payload SET body = %s WHERE event_id = %s", body, event.pk)
        sql("UPDATE audit_event SET payload_hash = %s WHERE id = %s", sha256_hex(body), event.pk)
    rechain(1)
    found = verify_chain()
    assert [(problem.code, problem.sequence) for problem in found.problems] == [
        *((code, sequence) for sequence in (1, 2, 3, 4) for code in ("unauthenticated", "payload_malformed")),
        ("unauthenticated", 5),
        ("checkpoint_mismatch", 5),
    ]
    assert found.events == 5
    assert ("payload_malformed", 1) in [(problem.code, problem.sequence) for problem in check_event(Event.objects.get(sequence=1))]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL takes no value of another type")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "yesterday"),
        ("at", "2026-13-45 00:00:00"),
        ("at", 7),
        ("uid", "no-uid"),
        ("action", b"\xff\xfe"),
        ("actor_id", 7.5),
        ("hash", b"\x00\x01"),
        ("summary", b"bytes"),
    ],
)
def test_a_column_of_another_type_is_a_finding_and_the_rest_is_read(chain: list[Event], column: str, value: object) -> None:
    sql(f"UPDATE audit_event SET {column} = %s WHERE sequence = 3", value)  # noqa: S608  a name from the list above
    sql("UPDATE audit_event SET action = 'other' WHERE sequence = 4")
    found = verify_chain()
    assert found.events == 5
    problems = [(problem.code, problem.sequence) for problem in found.problems]
    assert ("event_malformed", 3) in problems or (column == "actor_id" and ("event_altered", 3) in problems)
    assert ("event_altered", 4) in problems
    assert {sequence for _code, sequence in problems} <= {3, 4}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL takes no value of another type")
def test_a_sequence_that_is_no_number_is_a_finding(chain: list[Event]) -> None:
    sql("UPDATE audit_event SET sequence = 'three' WHERE sequence = 3")
    problems = codes()
    assert ("gap", 3) in problems
    assert ("event_malformed", 6) in problems


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL takes no value of another type")
@pytest.mark.parametrize(("column", "value"), [("body", b"\xff\x00"), ("body", 7.5), ("erased_at", "2026-13-45 00:00:00")])
def test_a_payload_of_another_type_is_a_finding(chain: list[Event], column: str, value: object) -> None:
    sql(f"UPDATE audit_payload SET {column} = %s WHERE event_id = %s", value, chain[2].pk)  # noqa: S608  from the list above
    assert {sequence for _code, sequence in codes()} == {3}
    assert verify_chain().events == 5


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such date")
def test_a_date_without_end_is_a_finding(chain: list[Event]) -> None:
    sql("UPDATE audit_event SET at = 'infinity' WHERE sequence = 3")
    assert codes() == [("event_malformed", 3)]


def test_a_second_head_is_a_finding(chain: list[Event]) -> None:
    sql("INSERT INTO audit_chainhead (id, sequence, hash) VALUES (2, 3, %s)", chain[2].hash)
    assert codes() == [("second_head", 5)]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL takes no value of another type")
def test_a_head_of_another_type_is_a_finding(chain: list[Event]) -> None:
    sql("UPDATE audit_chainhead SET sequence = 'end'")
    assert codes() == [("head_malformed", 5)]


def test_the_command_names_what_is_malformed(chain: list[Event], capsys: pytest.CaptureFixture[str]) -> None:
    sql("UPDATE audit_payload SET body = 'no json' WHERE event_id = %s", chain[1].pk)
    sql("UPDATE audit_event SET payload_hash = %s WHERE id = %s", sha256_hex("no json"), chain[1].pk)
    rechain(2)
    with pytest.raises(CommandError):
        call_command("verify_audit")
    assert "Event 2 has a malformed payload: it is no envelope [payload_malformed]" in capsys.readouterr().err
