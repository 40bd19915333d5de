"""An audit folder of its own for each test, an auditor's browser, and people who asked something."""

from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from chat.models import Conversation, Turn
from tests.audit.receipts import receipt_payload
from tests.confirmed import confirmed


@pytest.fixture(autouse=True)
def audit_root(tmp_path: Path, settings) -> Path:
    settings.AUDIT_ROOT = tmp_path / "audit"
    return settings.AUDIT_ROOT


@pytest.fixture
def desk(client: Client, auditor: User) -> Client:
    """An auditor's browser, whose owner has just shown who they are."""
    client.force_login(auditor)
    return confirmed(client)


def ask(person: User, question: str = "How long is burrow leave?") -> Turn:
    """A conversation with one answered question."""
    payload = receipt_payload() | {"question": question}
    event = record("question.answered", by=actor_of(person), summary=question, payload=payload)
    return Turn.objects.create(
        conversation=Conversation.objects.create(user=person, title=question),
        position=0,
        question=question,
        state=Turn.State.ANSWERED,
        answer={"answer": "Nine days.", "sentences": [], "citations": [], "nearest": []},
        receipt=str(event.uid),
    )
