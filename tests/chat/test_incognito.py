"""Incognito conversations: only where they are allowed, in no list, offered to nobody, gone after a day; the receipt stays."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from chat.conversations.incognito import forget_old
from chat.conversations.rules import allow
from chat.conversations.searching import find_conversations
from chat.models import Conversation, Turn
from kb.models import Collection

pytestmark = pytest.mark.django_db
FORM = {"question": "How long is burrow leave?", "collection": "", "incognito": "1"}


def ask(user: User) -> Conversation:
    client = Client()
    client.force_login(user)
    before = set(Conversation.objects.values_list("pk", flat=True))
    assert client.post("/ask/", FORM).status_code == 302
    return Conversation.objects.exclude(pk__in=before).get()


def test_only_where_it_is_allowed(employee: User, collection: Collection, knowledge_admin: User) -> None:
    client = Client()
    client.force_login(employee)
    assert 'name="incognito"' not in client.get("/").content.decode()
    assert not ask(employee).is_incognito
    admin = Client()
    admin.force_login(knowledge_admin)
    assert admin.post("/system/incognito/", {"allow": "1"}).status_code == 302
    assert 'name="incognito"' in client.get("/").content.decode()
    assert ask(employee).is_incognito
    assert Event.objects.get(action="chat.rules_changed").payload.data == {"allows_incognito": True}


def test_it_is_in_no_list_and_offered_to_nobody(employee: User, collection: Collection) -> None:
    allow("allows_incognito", is_allowed=True, user=None)
    made = ask(employee)
    client = Client()
    client.force_login(employee)
    assert str(made.uid) not in client.get("/").content.decode()
    assert str(made.uid) not in client.get("/conversations/").content.decode()
    assert client.get("/api/v1/conversations").json() == []
    assert find_conversations(employee, "burrow") == []
    page = client.get(f"/c/{made.uid}/").content.decode()
    assert "Incognito: this conversation" in page
    assert Turn.objects.get().asked_as == ""


def test_it_is_gone_a_day_after_the_last_question(employee: User, collection: Collection) -> None:
    allow("allows_incognito", is_allowed=True, user=None)
    made = ask(employee)
    kept = Conversation.objects.create(user=employee)
    assert forget_old() == 0
    Conversation.objects.update(updated_at=timezone.now() - timedelta(days=1, minutes=1))
    assert forget_old() == 1
    assert list(Conversation.objects.all()) == [kept]
    assert not Conversation.objects.filter(pk=made.pk).exists()
