"""Long words in narrow places."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

UNBROKEN_CHARACTERS = 24  # longer than nearly all words of a language, shorter than what would widen a table
_RUN = re.compile(rf"\S{{{UNBROKEN_CHARACTERS}}}(?=\S)")


@register.filter
def breakable(text: str) -> SafeString:
    """Return the text escaped, with a place to break (`<wbr>`, which is never copied) in each run of characters that no word is."""
    pieces, done = [], 0
    for run in _RUN.finditer(text):
        pieces.append(conditional_escape(text[done : run.end()]))
        done = run.end()
    pieces.append(conditional_escape(text[done:]))
    return mark_safe("<wbr>".join(pieces))  # noqa: S308 each piece was escaped
