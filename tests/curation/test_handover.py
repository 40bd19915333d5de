"""Asking a person: who gets the question, what they read of the conversation, and how the answer comes back."""

import uuid
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from chat.models import Conversation, Turn
from curation.errors import CurationRefused
from curation.handover import services
from curation.handover.models import Handover
from kb.rights.stewards import set_steward
from tests.permissions.conftest import World, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def about(world: World) -> Turn:
    """The refused question of the world, whose nearest document is the collection's."""
    place = {"document_uid": str(world.document.uid), "title": "Wombats", "version_uid": str(world.version.uid), "page_number": 1}
    world.turn.answer = {
        **world.turn.answer,
        "nearest": [place | {"version": 1, "page_label": "", "start": 0, "end": 4, "quote": "Womb"}],
    }
    world.turn.save()
    return world.turn


def test_a_refused_question_goes_to_the_owners_and_the_answer_comes_back(world: World, settings: Any) -> None:
    settings.MAIL, settings.PUBLIC_URL = None, "https://attest.example"
    turn, asker, owner = about(world), world.people["owner"], world.people["teammate"]
    set_steward(collection=world.collection, person=owner, role="owner", user=None)
    page = browser(asker).get(f"/c/{world.conversation.uid}/").content.decode()
    assert "Ask a person" in page
    assert browser(asker).post(reverse("curation:handover_ask", args=[turn.uid]), {"note": "Urgent."}).status_code == 302
    handed = Handover.objects.get()
    assert (handed.collection, handed.state) == (world.collection, "open")
    listed = browser(owner).get("/curation/handovers/").content.decode()
    assert turn.question in listed
    shown = browser(owner).get(reverse("curation:handover", args=[handed.uid])).content.decode()
    for words in ("Urgent.", turn.question, turn.receipt[:8], "erin"):
        assert words in shown
    decide = reverse("curation:handover_decide", args=[handed.uid])
    browser(owner).post(decide, {"act": "take"})
    assert "tao is handling this question." in browser(asker).get(f"/c/{world.conversation.uid}/").content.decode()
    browser(owner).post(decide, {"act": "reply", "reply": "Nine days, <b>says</b> the works council."})
    page = browser(asker).get(f"/c/{world.conversation.uid}/").content.decode()
    assert "Nine days, &lt;b&gt;says&lt;/b&gt; the works council." in page
    assert "Written by a person, not checked" in page
    actions = list(Event.objects.filter(action__startswith="handover.").order_by("sequence").values_list("action", flat=True))
    assert actions == ["handover.asked", "handover.taken", "handover.answered"]


def test_mail_goes_to_the_owners_and_then_to_the_asker(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Now:
        def __init__(self, *, target: Any, **_: object) -> None:
            self.start = target

    monkeypatch.setattr(services.threading, "Thread", Now)
    monkeypatch.setattr(services.transaction, "on_commit", lambda send, robust=False: send())
    settings.MAIL, settings.PUBLIC_URL = object(), "https://attest.example"
    asker, owner = world.people["owner"], world.people["teammate"]
    for person in (asker, owner):
        person.email = f"{person.username}@example.org"
        person.save()
    set_steward(collection=world.collection, person=owner, role="owner", user=None)
    handed = services.hand_over(about(world), user=asker)
    services.reply(handed, user=owner, text="Nine days.")
    assert [message.bcc for message in mail.outbox] == [["tao@example.org"], ["erin@example.org"]]
    assert "Nine days." in mail.outbox[1].body
    assert f"https://attest.example/c/{world.conversation.uid}/" in mail.outbox[1].body


def test_whoever_does_not_run_the_collection_sees_nothing_of_it(world: World) -> None:
    handed = services.hand_over(about(world), user=world.people["owner"])
    decide = reverse("curation:handover_decide", args=[handed.uid])
    for name in ("owner", "teammate", "outsider", "auditor"):
        client = browser(world.people[name])
        assert client.get(reverse("curation:handover", args=[handed.uid])).status_code == 404
        assert client.post(decide, {"act": "reply", "reply": "x"}).status_code == 404
    for name in ("teammate", "outsider", "knowledge_admin"):
        assert browser(world.people[name]).post(reverse("curation:handover_ask", args=[world.turn.uid])).status_code == 404
    assert browser(world.people["knowledge_admin"]).get(reverse("curation:handover", args=[handed.uid])).status_code == 200


def test_a_transcript_shows_an_owner_only_what_they_may_read(world: World) -> None:
    """The asker reads the collection of another team, too; the owner of this one does not."""
    secret = {
        "outcome": "answered",
        "answer": "The board meets in Perth.[1]",
        "sentences": [{"text": "The board meets in Perth.", "prefix": "", "verdict": "supported", "citations": [1], "listed": []}],
        "citations": [{"marker": 1, "chunk_id": "1", "document_uid": str(uuid.uuid4()), "title": "Board", "quote": "Perth"}],
    }
    turn = about(world)
    Turn.objects.create(
        conversation=world.conversation, position=1, question="Where?", state=Turn.State.ANSWERED, answer=secret, receipt="x"
    )
    last = Turn.objects.create(conversation=world.conversation, position=2, question="When?", state="refused", answer=turn.answer)
    owner = world.people["teammate"]
    set_steward(collection=world.collection, person=owner, role="owner", user=None)
    handed = services.hand_over(last, user=world.people["owner"])
    shown = browser(owner).get(reverse("curation:handover", args=[handed.uid])).content.decode()
    assert "Where?" in shown
    assert "Perth" not in shown


def test_once_and_only_while_it_is_open(world: World) -> None:
    turn, asker, admin = about(world), world.people["owner"], world.people["knowledge_admin"]
    handed = services.hand_over(turn, user=asker)
    for wrong in (
        lambda: services.hand_over(turn, user=asker),
        lambda: services.hand_over(Turn.objects.create(conversation=world.conversation, position=5, question="?"), user=asker),
        lambda: services.reply(handed, user=admin, text="  "),
        lambda: services.reply(handed, user=admin, text="x" * 10_001),
    ):
        with pytest.raises(CurationRefused):
            wrong()
    assert browser(asker).post(reverse("curation:handover_withdraw", args=[turn.uid])).status_code == 302
    handed.refresh_from_db()
    assert handed.state == "closed"
    with pytest.raises(CurationRefused):
        services.reply(handed, user=admin, text="Late.")


def test_a_deleted_conversation_takes_its_question_with_it(world: World) -> None:
    services.hand_over(about(world), user=world.people["owner"])
    Conversation.objects.all().delete()
    assert not Handover.objects.exists()
