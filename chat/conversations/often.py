"""What colleagues ask: suggested once five people have asked the same, and to those alone who may read all of the answer."""

import hashlib
import unicodedata
from datetime import timedelta

from django.core.cache import cache
from django.db.models import Count, Max
from django.utils import timezone

from accounts.models import User
from chat.conversations.readable import cut_answers
from chat.models import Turn

LEAST_PEOPLE = 5
WITHIN = timedelta(days=90)
LOOKED_AT = 50  # questions, the most frequent first
KEPT_S = 600.0  # what is counted over everybody; rights are read at each look
LONGEST = 160  # characters of a suggestion
_KEY = "chat.asked_often"


def key_of(question: str) -> str:
    """Return what is the same for questions of the same words, however they are written; "" where one is no suggestion."""
    words = "".join(mark if mark.isalnum() else " " for mark in unicodedata.normalize("NFKC", question).casefold()).split()
    if not words or len(question) > LONGEST:
        return ""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def asked_often(user: User, *, limit: int) -> list[str]:
    """Return questions that at least LEAST_PEOPLE people asked of late, and whose newest answer `user` may read whole now."""
    counted = _counted()
    turns = Turn.objects.exclude(conversation__user=user).in_bulk(counted)
    rows = [turns[pk] for pk in counted if pk in turns]
    found = []
    for turn, answer in zip(rows, cut_answers([turn.answer for turn in rows], user=user), strict=True):
        is_whole = len(answer.get("sentences", ())) == len(turn.answer.get("sentences", ()))
        if is_whole and answer.get("citations") and len(answer["citations"]) == len(turn.answer["citations"]):
            found.append(turn.question)
    return found[:limit]


def _counted() -> list[int]:
    """Return the newest answered turns of the questions that many ask, the most frequent first."""
    kept: list[int] | None = cache.get(_KEY)
    if kept is None:
        answered = Turn.objects.filter(state=Turn.State.ANSWERED, position=0, created_at__gte=timezone.now() - WITHIN)
        rows = (
            answered.exclude(asked_as="")
            .order_by()
            .values("asked_as")
            .annotate(people=Count("conversation__user", distinct=True), newest=Max("pk"))
            .filter(people__gte=LEAST_PEOPLE)
            .order_by("-people", "-newest")
        )
        kept = [row["newest"] for row in rows[:LOOKED_AT]]
        cache.set(_KEY, kept, KEPT_S)
    return kept
