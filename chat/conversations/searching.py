"""Finding one's own conversations again: by their titles, by what was asked, and by what may still be read of the answers."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.models import User
from chat.conversations.readable import readable_answers
from chat.models import Conversation, Turn
from vault.kept import configured_ring

MOST_WORDS = 8
LOOKED_AT = 400  # conversations whose answers are read for the words, the newest first
AROUND = 60  # characters before and behind what was found


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConversation:
    """A conversation with the words found. `snippet`: "" where the title has them."""

    conversation: Conversation
    snippet: str = ""


def find_conversations(user: User, text: str, *, limit: int = 50) -> list[FoundConversation]:
    """Return this user's conversations in which every word stands in the title or in one turn, the newest first, archived ones too.

    An answer counts as far as its owner may read it now: what was revoked is found by nobody.
    """
    words = [word for word in text.split() if word.strip()][:MOST_WORDS]
    if not words:
        return []
    mine = Conversation.objects.visible_to(user).filter(is_incognito=False).select_related("collection")
    turns = Turn.objects.filter(conversation__in=mine)
    if configured_ring().seals:  # the database finds nothing in what is sealed: the newest are opened and read
        rows = list(mine.order_by("-updated_at", "-pk")[:LOOKED_AT])
    else:
        titled, said = Q(), Q()
        for word in words:
            titled &= Q(title__icontains=word)
            as_json = json.dumps(word)[1:-1]  # as answers of before 0.3.0 lie in SQLite
            said &= Q(question__icontains=word) | Q(answer__icontains=word) | Q(answer__icontains=as_json)
        turns = turns.filter(said)
        rows = list(mine.filter(titled | Q(pk__in=turns.values("conversation"))).order_by("-updated_at", "-pk")[:LOOKED_AT])
    by_title = {row.pk for row in rows if all(word.casefold() in row.title.casefold() for word in words)}
    snippets = _snippets(turns.filter(conversation__in=[row.pk for row in rows if row.pk not in by_title]), words, user=user)
    found = [FoundConversation(conversation=row, snippet=snippets.get(row.pk, "")) for row in rows]
    return [one for one in found if one.snippet or one.conversation.pk in by_title][:limit]


def _snippets(turns: Any, words: list[str], *, user: User) -> dict[int, str]:
    """Return by conversation the words around what was found in its newest turn that holds all of them, as it may be read now."""
    rows = list(turns.newest_attempts().order_by("pk"))
    answers = readable_answers(rows, user=user)
    found = {}
    for row in rows:
        answer = re.sub(r"\[\d+\]", "", answers[row.pk].get("answer", ""))
        text = " ".join(f"{row.question} — {answer}".split())
        places = [text.casefold().find(word.casefold()) for word in words]
        if min(places) < 0:
            continue
        at = places[-1] if row.question.casefold().find(words[0].casefold()) < 0 else places[0]
        start, end = max(0, at - AROUND), at + AROUND
        found[row.conversation_id] = f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"
    return found
