"""How a page is called: by its printed label, as a slide, or as a file that the document carries. Parsers write the labels."""

import re

from django.utils.translation import gettext as _

NAMED = re.compile(r"(Slide|Attachment) (.+)")


def tell_named(label: str) -> str:
    """Return “Slide 3” or “Attachment prices.csv” in the reader's language; "" where the label is a page's."""
    match = NAMED.fullmatch(label)
    if match is None:
        return ""
    if match.group(1) == "Slide":
        return _("Slide %(number)s") % {"number": match.group(2)}
    return _("Attachment %(name)s") % {"name": match.group(2)}


def tell_page(*, number: int | None, label: str) -> str:
    """Return “page iv” and the like for the middle of a line; "" where the format has no pages. `number`: None without pages."""
    if named := tell_named(label):
        return named
    return _("page %(number)s") % {"number": label or number} if number else ""
