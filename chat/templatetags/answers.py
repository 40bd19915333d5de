"""Template tags of an answer: its layout, its sources, its address in the library."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from chat.conversations.footnotes import footnote
from chat.conversations.sources import SourceGroup, group_by_document
from chat.conversations.where import where_of
from chat.errors import IndexIncomplete, rebuilding_sentence, sentence_for
from chat.flow.refusing import refusals
from chat.flow.refusing.refusals import hint_of, sentence_of
from chat.models import Conversation, Feedback, Turn
from chat.rendering import Block, group_sources, lay_out, source_address
from kb.index.completeness import kept_shortage
from kb.viewing.places import name_page

register = template.Library()


@register.filter
def blocks(answer: Mapping[str, Any]) -> list[Block]:
    """The answer as paragraphs, headings and lists."""
    return lay_out(answer)


@register.filter
def sources(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The cited places, each marker once."""
    return group_sources(answer.get("citations", ()))


@register.simple_tag
def feedback_reasons() -> list[tuple[str, str]]:
    """What may be wrong with an answer, with its words."""
    return [(str(value), str(name)) for value, name in Feedback.Reason.choices]


@register.filter
def source_groups(answer: Mapping[str, Any]) -> list[SourceGroup]:
    """The cited places, those of one document together."""
    return group_by_document(answer.get("citations", ()))


@register.filter
def section_of(place: Mapping[str, Any]) -> str:
    """Where in its document a quote stands: headings and page."""
    headings = [heading for heading in place.get("heading_path", ()) if heading != place["title"]]
    page = name_page(number=place["page"], label=place["page_label"])
    return " · ".join(part for part in (" › ".join(headings), page) if part)


@register.filter
def with_sources(answer: Mapping[str, Any]) -> str:
    """The answer's text with its numbered sources below, to be pasted elsewhere."""
    places = [footnote(citation) for citation in group_sources(answer.get("citations", ()))]
    return "\n\n".join([answer["answer"], "\n".join([_("Sources"), *places])]) if places else str(answer["answer"])


@register.filter
def searched(conversation: Conversation) -> str:
    """What a conversation asks in, in words; "" for everything. Looked up once a conversation, however many refusals it has."""
    kept: str | None = conversation.__dict__.get("searched")
    if kept is None:
        name = conversation.collection.name if conversation.collection else ""
        kept = where_of(conversation, user=conversation.user).in_words() if conversation.within else name
        conversation.__dict__["searched"] = kept
    return kept


@register.filter
def source_url(place: Mapping[str, Any]) -> str:
    """The page that a citation or a near source stands on, with its words marked."""
    return source_address(place)


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
