"""The audit is verified once a day, in slices, and a restart goes on where it was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from audit import nightly
from audit.models import Event
from audit.nightly import last_outcome, verify_when_due
from audit.services import record, write_checkpoint
from bench.harness.forging.rows import rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unguarded_audit")]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "PART", 3)
    for number in range(10):
        record("a.b", summary=f"Nr {number}")
    write_checkpoint()


def slices() -> int:
    """Go on until it comes to an end. Returns: in how many slices."""
    for count in range(1, 20):
        if verify_when_due(slice_s=0):
            return count
    raise AssertionError("no end")


def test_a_day_has_one_verification_in_slices() -> None:
    assert last_outcome() is None
    assert slices() == 4
    outcome = last_outcome()
    assert (outcome.events, outcome.problems) == (10, ())
    verified = Event.objects.get(action="audit.verified")
    assert verified.payload.data == {"events": 10, "problems": [], "nightly": True}
    assert not verify_when_due()
    assert not verify_when_due(now=outcome.finished_at + timedelta(minutes=1))
    assert verify_when_due(now=outcome.finished_at + timedelta(days=1))


def test_the_day_begins_at_the_hour_that_was_set(settings) -> None:
    settings.AUDIT_VERIFY_HOUR = 2
    finished = datetime(2026, 5, 3, 2, 30, tzinfo=UTC).isoformat()
    assert not nightly._is_due(finished, now=datetime(2026, 5, 4, 1, 59, tzinfo=UTC))
    assert nightly._is_due(finished, now=datetime(2026, 5, 4, 2, 0, tzinfo=UTC))
    assert not nightly._is_due(datetime(2026, 5, 3, 1, 0, tzinfo=UTC).isoformat(), now=datetime(2026, 5, 3, 1, 30, tzinfo=UTC))


def test_what_changed_between_two_slices_is_found_by_the_rest() -> None:
    assert not verify_when_due(slice_s=0)
    rows(Event).filter(sequence=8).update(action="x")
    slices()
    assert [(one.code, one.sequence) for one in last_outcome().problems] == [("event_altered", 8)]


def test_a_finding_is_an_alarm_in_log_audit_and_page(
    client: Client, auditor: User, caplog: pytest.LogCaptureFixture, audit_root: Path
) -> None:
    rows(Event).filter(sequence=2).update(action="x")
    slices()
    assert "ALARM: the audit is not intact: event 2" in caplog.text
    assert Event.objects.get(action="audit.verified").summary == "event_altered"
    client.force_login(auditor)
    page = client.get("/audit/integrity/").content.decode()
    assert "Last daily verification" in page
    assert "1 problem" in page
    (audit_root / "verification.json").write_text("torn")
    assert last_outcome() is None
    assert slices() == 1  # the first part shows it again
