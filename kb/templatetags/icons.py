"""Icons out of one sprite, so that a page holds no drawing twice and the security policy needs no exception."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, modifier: str = "") -> SafeString:
    """Return the icon `name` of static/vendor/lucide/icons.svg, hidden from screen readers: the text beside it speaks.

    `modifier` is "s", "l", "spin" or "chevron", or several of them with spaces between.
    """
    return _drawing(static("vendor/lucide/icons.svg"), name, modifier)


@cache  # a list of fifty documents has two hundred of them
def _drawing(sprite: str, name: str, modifier: str) -> SafeString:
    classes = " ".join(["icon", *("spin" if word == "spin" else f"icon--{word}" for word in modifier.split())])
    drawing = '<svg class="{}" width="18" height="18" aria-hidden="true"><use href="{}#{}"></use></svg>'
    return format_html(drawing, classes, sprite, name)
