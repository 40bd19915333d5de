"""Conversations that the audit alone keeps: where the installation allows them, and gone a day after the last question."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from chat.conversations.arranging import delete_conversation
from chat.errors import QuestionRefused
from chat.models import ChatRules, Conversation

KEPT = timedelta(days=1)
AT_ONCE = 200


def allows_incognito() -> bool:
    """Whether an admin has allowed it. One query."""
    return ChatRules.objects.filter(pk=ChatRules.ONLY, allows_incognito=True).exists()


@transaction.atomic
def allow_incognito(*, is_allowed: bool, user: User | None) -> None:
    """Allow it, or end it: what is there then lasts its day. `user` None: the command line."""
    rules, _is_new = ChatRules.objects.select_for_update().get_or_create(pk=ChatRules.ONLY)
    if rules.allows_incognito == is_allowed:
        return
    rules.allows_incognito = is_allowed
    rules.save(update_fields=["allows_incognito"])
    record("chat.rules_changed", by=actor_of(user), payload={"allows_incognito": is_allowed})


def forget_old() -> int:
    """Delete those whose day is over; what a legal hold keeps stays. Returns: how many."""
    old = Conversation.objects.filter(is_incognito=True, updated_at__lt=timezone.now() - KEPT)
    forgotten = 0
    for row in old.order_by("pk")[:AT_ONCE]:
        try:
            delete_conversation(row)
        except QuestionRefused:  # it is held
            continue
        forgotten += 1
    return forgotten
