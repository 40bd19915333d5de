"""The name of a page, in templates."""

from django import template

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
