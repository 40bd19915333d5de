"""Conversations that the audit alone keeps: where the installation allows them, and gone a day after the last question."""

from datetime import timedelta

from django.utils import timezone

from chat.conversations.arranging import delete_conversation
from chat.errors import QuestionRefused
from chat.models import Conversation

KEPT = timedelta(days=1)
AT_ONCE = 200


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
