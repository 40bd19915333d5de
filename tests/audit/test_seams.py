"""A restore loses events that checkpoints elsewhere know of: one that is on record and signed explains them, nothing else does."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from audit.chain import checkpoints
from audit.chain.seams import RESTORED, sign_seam
from audit.chain.verification import verify_chain
from audit.errors import AuditInvalid
from audit.life.erasure import erase_payload
from audit.models import Event
from audit.services import record, write_checkpoint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unguarded_audit")]


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def cut_after(event: Event) -> None:
    """Take the database back to where this event was the last one."""
    sql("DELETE FROM audit_payload WHERE event_id IN (SELECT id FROM audit_event WHERE sequence > %s)", event.sequence)
    sql("DELETE FROM audit_event WHERE sequence > %s", event.sequence)
    sql("UPDATE audit_chainhead SET sequence = %s, hash = %s", event.sequence, event.hash)


def seam_after(event: Event, *, root: Path, known: checkpoints.Checkpoint | None) -> dict:
    return sign_seam(
        root=root, sequence=event.sequence, last_hash=event.hash, backup="b", backed_up_at="2026-01-01T00:00:00+00:00", known=known
    )


@pytest.fixture
def lost(audit_root: Path, tmp_path: Path) -> tuple[Event, Path]:
    """Eight events, signed at 3, 6 and 8 in a file elsewhere, of which the database holds five again."""
    events = []
    for number in range(1, 9):
        events.append(record("question.answered", payload={"n": number}))
        if number in (3, 6, 8):
            write_checkpoint()
    elsewhere = tmp_path / "elsewhere.jsonl"
    path = audit_root / "checkpoints.jsonl"
    elsewhere.write_bytes(path.read_bytes())
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    cut_after(events[4])
    return events[4], elsewhere


def codes(checkpoint: Path) -> list[tuple[str, int]]:
    return [(problem.code, problem.sequence) for problem in verify_chain(checkpoint=checkpoint).problems]


def test_without_its_event_a_restore_is_a_cut_tail(lost: tuple[Event, Path]) -> None:
    assert codes(lost[1]) == [("tail_cut", 6)]


def test_the_signed_event_explains_the_gap_and_names_it(
    lost: tuple[Event, Path], audit_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last, elsewhere = lost
    known = checkpoints.last_checkpoint_in(elsewhere)
    record(RESTORED, payload=seam_after(last, root=audit_root, known=known))
    assert verify_chain(checkpoint=elsewhere).is_intact
    for number in range(9):  # past the lost ones
        record("question.answered", payload={"n": -number})
    write_checkpoint()
    found = verify_chain(checkpoint=elsewhere)
    assert (found.is_intact, found.checkpoints) == (True, 1)
    assert [(seam.sequence, seam.known_sequence) for seam in found.seams] == [(5, 8)]
    call_command("verify_audit")
    output = capsys.readouterr().out
    assert "The audit is intact: 15 events" in output
    assert "which ended with event 5: events 6 to 8 of before (signed at " in output


def test_what_was_signed_later_than_the_restore_knew_is_still_a_cut_tail(lost: tuple[Event, Path], audit_root: Path) -> None:
    last, elsewhere = lost
    entries, _ = checkpoints.read_checkpoints(elsewhere)
    record(RESTORED, payload=seam_after(last, root=audit_root, known=entries[1]))  # 8 was forgotten
    assert codes(elsewhere) == [("tail_cut", 7)]


def test_other_events_in_the_place_of_what_the_restore_did_not_know_show(lost: tuple[Event, Path], audit_root: Path) -> None:
    last, elsewhere = lost
    entries, _ = checkpoints.read_checkpoints(elsewhere)
    record(RESTORED, payload=seam_after(last, root=audit_root, known=entries[1]))  # 8 was forgotten
    for number in range(3):
        record("question.answered", payload={"n": -number})
    assert codes(elsewhere) == [("checkpoint_mismatch", 8)]


def test_a_restore_explains_the_checkpoint_that_it_knew_and_no_other_of_that_event(
    lost: tuple[Event, Path], audit_root: Path
) -> None:
    last, elsewhere = lost
    known = replace(checkpoints.last_checkpoint_in(elsewhere), hash="0" * 64)
    record(RESTORED, payload=seam_after(last, root=audit_root, known=known))
    assert codes(elsewhere) == [("tail_cut", 7)]


def test_a_tail_cut_off_after_a_restore_shows(lost: tuple[Event, Path], audit_root: Path) -> None:
    last, elsewhere = lost
    restored = record(RESTORED, payload=seam_after(last, root=audit_root, known=checkpoints.last_checkpoint_in(elsewhere)))
    for number in range(9):
        record("question.answered", payload={"n": -number})
    write_checkpoint()
    cut_after(restored)
    assert codes(audit_root / "checkpoints.jsonl") == [("tail_cut", 7)]


def test_a_seam_signed_with_another_key_explains_nothing(lost: tuple[Event, Path], tmp_path: Path) -> None:
    last, elsewhere = lost
    record(RESTORED, payload=seam_after(last, root=tmp_path / "forger", known=checkpoints.last_checkpoint_in(elsewhere)))
    assert codes(elsewhere) == [("seam_forged", 6), ("checkpoint_mismatch", 6), ("tail_cut", 7)]


def test_a_true_seam_copied_to_another_place_explains_nothing(lost: tuple[Event, Path], audit_root: Path) -> None:
    last, elsewhere = lost
    payload = seam_after(last, root=audit_root, known=checkpoints.last_checkpoint_in(elsewhere))
    record("question.answered", payload={"n": 6})
    record(RESTORED, payload=payload)
    assert ("seam_forged", 7) in codes(elsewhere)
    assert ("checkpoint_mismatch", 6) in codes(elsewhere)


@pytest.mark.parametrize("payload", [{}, {"seam": 3}, {"seam": {"sequence": 5}}])
def test_an_event_of_a_restore_without_a_seam_is_a_finding(lost: tuple[Event, Path], payload: dict) -> None:
    record(RESTORED, payload=payload)
    assert ("seam_forged", 6) in codes(lost[1])


def test_what_explains_a_restore_is_not_erased(lost: tuple[Event, Path], audit_root: Path) -> None:
    event = record(RESTORED, payload=seam_after(lost[0], root=audit_root, known=None))
    with pytest.raises(AuditInvalid, match="needed to verify"):
        erase_payload(event=event, reason="Request")
