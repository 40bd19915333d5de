"""The name of a page, and where a document's source has it, in templates."""

from collections.abc import Mapping
from typing import Any

from django import template

from kb.place import words_of_origin
from kb.viewing import places

register = template.Library()


@register.simple_tag
def page_place(number: int | None, label: str) -> str:
    """See kb.viewing.places.name_page."""
    return places.name_page(number=number, label=label or "")


@register.filter
def named_place(label: str) -> str:
    """See kb.viewing.places.name_marked_page."""
    return places.name_marked_page(label or "")


@register.filter
def origin_words(origin: Mapping[str, Any]) -> str:
    """See kb.place.words_of_origin."""
    return words_of_origin(origin)
