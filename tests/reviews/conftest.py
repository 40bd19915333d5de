"""An audit folder of its own for each test, and an answer that was recorded."""

from pathlib import Path

import pytest

from accounts.models import User
from audit.actor import Actor
from audit.models import Event
from audit.services import record
from tests.audit.receipts import receipt_payload


@pytest.fixture(autouse=True)
def audit_root(tmp_path: Path, settings) -> Path:
    settings.AUDIT_ROOT = tmp_path / "audit"
    return settings.AUDIT_ROOT


@pytest.fixture
def answered(employee: User) -> Event:
    payload = receipt_payload()
    return record(
        "question.answered",
        by=Actor(id=str(employee.pk), name="erin"),
        subject="turn:33333333-3333-4333-8333-333333333333",
        summary=payload["question"],
        payload=payload,
    )
