"""The name of a page: its printed label, a slide, or a file attached to the document or packed in it. Parsers write the labels."""

import re

from django.utils.translation import gettext as _

NAMED = re.compile(r"(Slide|Attachment|File) (.+)")


def name_marked_page(label: str) -> str:
    """Return “Slide 3”, “Attachment prices.csv” or “File prices.csv” in the reader's language; "" where the label is a page's."""
    match = NAMED.fullmatch(label)
    if match is None:
        return ""
    if match.group(1) == "Slide":
        return _("Slide %(number)s") % {"number": match.group(2)}
    if match.group(1) == "File":
        return _("File %(name)s") % {"name": match.group(2)}
    return _("Attachment %(name)s") % {"name": match.group(2)}


def name_page(*, number: int | None, label: str) -> str:
    """Return “page iv” and the like for the middle of a line; "" where the format has no pages. `number`: None without pages."""
    if named := name_marked_page(label):
        return named
    return _("page %(number)s") % {"number": label or number} if number else ""
