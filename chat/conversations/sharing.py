"""Sharing a conversation inside the company, by a link that can be revoked. Each reader reads with their own rights of now."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from chat.conversations.readable import cut_answers
from chat.conversations.sources import describe_sources
from chat.errors import QuestionRefused
from chat.models import Conversation, SharedConversation, Turn
from chat.types import join_sentences

SHOWN = 200  # questions of a shared conversation
_LIVE = (Turn.State.PENDING, Turn.State.STREAMING)
# What was said, or measured, from all that whoever asked could read.
_OF_THE_ASKER: dict[str, Any] = dict.fromkeys(("instead", "question_back", "understood_as", "normalized_question"), "")
_OF_THE_ASKER |= {"owners": [], "choices": [], "sufficiency": None, "usage": None, "timings_ms": {}, "withheld": 0}
_OF_A_REFUSAL = dict.fromkeys(("reason", "message", "hint"), "")  # which of them it is hangs on what was found


def live_share(conversation: Conversation) -> SharedConversation | None:
    """Return the link by which it is shared now."""
    return conversation.shares.filter(revoked_at=None).first()


def share_conversation(conversation: Conversation, *, user: User) -> SharedConversation:
    """Share it as it is now: its link, which stays the same while it is shared, then leads to what was asked up to now as well.

    Raises: QuestionRefused: "nothing_to_share": no question is concluded yet.
    """
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        last = conversation.turns.exclude(state__in=_LIVE).order_by("-pk").first()
        if last is None:
            raise QuestionRefused("nothing_to_share", _("Wait for the first answer, then share the conversation."))
        share = live_share(conversation)
        if share is not None and share.last_turn == last.pk:
            return share
        if share is None:
            share = SharedConversation(conversation=conversation)
        share.last_turn = last.pk
        share.save()
        _record("conversation.shared", share, user=user)
    return share


def revoke_share(conversation: Conversation, *, user: User) -> None:
    """End its link: from now on it leads nowhere. A conversation that is not shared stays as it is."""
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        share = live_share(conversation)
        if share is None:
            return
        share.revoked_at = timezone.now()
        share.save(update_fields=["revoked_at"])
        _record("conversation.share_revoked", share, user=user)


def open_share(share: SharedConversation, *, reader: User) -> list[tuple[Turn, dict[str, Any]]]:
    """Return what this reader may see of the last SHOWN questions of a shared conversation, and record that they opened it."""
    asked = share.conversation.turns.filter(pk__lte=share.last_turn).exclude(state__in=_LIVE).newest_attempts()
    turns = list(asked.select_related("conversation__collection", "conversation__user").order_by("-position")[:SHOWN])[::-1]
    shown = describe_sources(list(zip(turns, answers_for(turns, reader=reader), strict=True)))
    if reader.pk != share.conversation.user_id:
        _record("conversation.share_opened", share, user=reader)
    return shown


def answers_for(turns: list[Turn], *, reader: User) -> list[dict[str, Any]]:
    """Return the answers as somebody else than the asker may read them: sentence by sentence, what rests on nothing that they may
    read is left out, and so is all that was said from what the asker could read."""
    cut = cut_answers([turn.answer for turn in turns], user=reader)
    return [_without_the_askers(turn.answer, answer) for turn, answer in zip(turns, cut, strict=True)]


def _without_the_askers(given: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    answer = answer | {name: value for name, value in _OF_THE_ASKER.items() if name in answer}
    if answer.get("outcome") == "chat":  # "What did I ask first?"
        return answer
    if answer.get("outcome") == "refused":
        return answer | {name: value for name, value in _OF_A_REFUSAL.items() if name in answer}
    before = given.get("sentences", ())
    if len(answer.get("sentences", ())) == len(before):
        return answer
    # A label between quotations cites nothing, and names what is gone.
    kept = [sentence for sentence in answer["sentences"] if sentence["citations"] or sentence.get("listed")]
    text = join_sentences((one["prefix"], one["text"], one["citations"]) for one in kept)
    return answer | {"sentences": kept, "answer": text, "hidden": 1}  # that there is more, not how much


def _record(action: str, share: SharedConversation, *, user: User) -> None:
    conversation = share.conversation
    record(
        action,
        by=actor_of(user),
        subject=f"conversation:{conversation.uid}",
        summary=conversation.title,
        payload={"share": share.uid, "conversation": conversation.uid, "owner": conversation.user.username},
    )
