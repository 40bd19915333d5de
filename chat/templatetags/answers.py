"""Template tags of an answer: its layout, its sources, its address in the library."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.urls import reverse

from chat.errors import IndexIncomplete, rebuilding_sentence, sentence_for
from chat.flow.refusing import refusals
from chat.flow.refusing.refusals import hint_of, sentence_of
from chat.models import Turn
from chat.rendering import Block, group_sources, lay_out
from kb.index.completeness import kept_shortage

register = template.Library()


@register.filter
def blocks(answer: Mapping[str, Any]) -> list[Block]:
    """The answer as paragraphs, headings and lists."""
    return lay_out(answer)


@register.filter
def sources(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The cited places, each marker once."""
    return group_sources(answer.get("citations", ()))


@register.filter
def source_url(place: Mapping[str, Any]) -> str:
    """The page that a citation or a near source stands on, with its words marked; "" for a place without a version."""
    if not place.get("version_uid"):
        return reverse("kb:document", args=[place["document_uid"]])
    return f"{reverse('kb:source', args=[place['version_uid'], place['page_number']])}?start={place['start']}&end={place['end']}"


@register.filter
def listed_url(row: Mapping[str, Any]) -> str:
    """The page of a document or collection that an answer from the library lists."""
    if row["kind"] == "document":
        return reverse("kb:document", args=[row["document_uid"]])
    return reverse("kb:collection", args=[row["collection"]])


@register.filter
def refusal_sentence(reason: str) -> str:
    """Why there is no answer."""
    return sentence_of(reason)


@register.filter
def refusal_hint(reason: str) -> str:
    """What the reader may try instead."""
    return hint_of(reason)


@register.filter
def whom_to_ask(owners: Sequence[str]) -> str:
    """Who owns the documents."""
    return refusals.whom_to_ask(owners)


@register.filter
def failure_sentence(turn: Turn) -> str:
    """The sentence for a failed turn; while the index is being rebuilt, how far that is now."""
    shortage = kept_shortage(user=turn.conversation.user) if turn.error_code == IndexIncomplete.code else None
    return str(rebuilding_sentence(shortage)) if shortage else sentence_for(turn.error_code)
