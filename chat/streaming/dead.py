"""Answers whose process was killed: their heartbeat has stopped. Each is concluded once, as interrupted."""

from datetime import timedelta

from django.utils import timezone

from accounts.credentials import command_credential
from chat import services
from chat.errors import AnswerInterrupted
from chat.flow.ending.conclusion import conclude_failed
from chat.flow.trace import AnswerTrace
from chat.models import Turn

DEAD_AFTER_S = 20.0  # four missed heartbeats of the process that answers
AT_ONCE = 100


def is_dead(turn: Turn) -> bool:
    """Whether a turn was begun, is not finished, and nobody writes it any more."""
    if turn.finished_at is not None or turn.heartbeat_at is None:
        return False
    return timezone.now() - turn.heartbeat_at >= timedelta(seconds=DEAD_AFTER_S)


def conclude_dead(turn: Turn) -> None:
    """Record that its answer was interrupted, in its owner's name; where somebody did so first, nothing. The turn comes with its
    conversation and whose that is."""
    asked = services.asked_of(turn, credential=command_credential(turn.conversation.user))
    conclude_failed(AnswerTrace(asked=asked), AnswerInterrupted.code)


def conclude_all_dead() -> int:
    """Conclude every answer whose process is gone. Returns: how many were looked at."""
    since = timezone.now() - timedelta(seconds=DEAD_AFTER_S)
    found = Turn.objects.filter(finished_at=None, heartbeat_at__lt=since)
    rows = list(found.select_related("conversation__collection", "conversation__user")[:AT_ONCE])
    for turn in rows:
        conclude_dead(turn)
    return len(rows)
