"""The name of a page, in templates."""

from django import template

from kb import places

register = template.Library()


@register.simple_tag
def page_place(number: int | None, label: str) -> str:
    """See kb.places.tell_page."""
    return places.tell_page(number=number, label=label or "")


@register.filter
def named_place(label: str) -> str:
    """See kb.places.tell_named."""
    return places.tell_named(label or "")
