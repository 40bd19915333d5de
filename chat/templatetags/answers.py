"""What the templates of an answer need: its layout, its sources, its address in the library."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse

from chat.errors import sentence_for
from chat.rendering import Block, group_sources, lay_out

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
def failure_sentence(code: str) -> str:
    """What a reader is told about a failed turn."""
    return sentence_for(code)
