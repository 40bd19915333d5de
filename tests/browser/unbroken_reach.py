"""What models cost, widgets, chat programs and questions for people, every word one unbroken run of characters."""

from decimal import Decimal

from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chat.models import Turn
from curation.handover.models import Handover
from gateway.spending.models import Budget, Spending
from integrations.chat_apps.models import ChatApp, ChatPerson
from integrations.widgets.models import Widget
from kb.models import Collection
from tests.browser.unbroken import LETTERS, LINK

Pages = dict[str, list[str]]


def write_reach(collection: Collection, turn: Turn, *, group: Group, people: dict[str, User]) -> Pages:
    """Write the rows. Returns: the pages of an admin."""
    person = people["employee"]
    Spending.objects.create(
        day=timezone.localdate(), model=LETTERS[:60], person=person.pk, collection=collection.pk, calls=10**9, cost=Decimal(10**9)
    )
    budget = Budget.objects.create(kind="group", group=group, amount=Decimal("1234567890.12"))
    widget = Widget.objects.create(name=LETTERS[:80], title=LETTERS[:80], origins=[f"https://{LETTERS[:60]}.example"])
    widget.collections.add(collection)
    widget.set_secret(LETTERS[:64])
    widget.save()
    chat = ChatApp.objects.create(name=LETTERS[:80], kind="slack", reply_url=LINK[:290])
    chat.collections.add(collection)
    ChatPerson.objects.create(app=chat, external_id=LETTERS[:120], user=person)
    handover = Handover.objects.create(turn=turn, collection=collection, asker=person, note=LINK, reply=LETTERS, state="answered")
    Handover.objects.filter(pk=handover.pk).update(taken_by=people["admin"], replied_at=timezone.now())
    return {
        "system:index": [reverse("system:index")],
        "models:choose": [reverse("models:choose", args=[collection.slug])],
        "models:costs": [reverse("models:costs")],
        "models:budgets": [reverse("models:budgets")],
        "models:budget_new": [reverse("models:budget_new")],
        "models:budget": [reverse("models:budget", args=[budget.pk])],
        "integrations:widgets": [reverse("integrations:widgets")],
        "integrations:widget_new": [reverse("integrations:widget_new")],
        "integrations:widget": [reverse("integrations:widget", args=[widget.pk])],
        "integrations:widget_change": [reverse("integrations:widget_change", args=[widget.pk])],
        "integrations:chats": [reverse("integrations:chats")],
        "integrations:chat_new": [reverse("integrations:chat_new")],
        "integrations:chat": [reverse("integrations:chat", args=[chat.pk])],
        "curation:handovers": [reverse("curation:handovers") + query for query in ("", "?state=answered")],
        "curation:handover": [reverse("curation:handover", args=[handover.uid])],
    }
