"""A source in words, for texts that people and programs take away: “Leave policy, version 2, page iv”."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from kb.templatetags.moments import iso_day
from kb.viewing.places import name_page


def name_place(place: Mapping[str, Any]) -> str:
    """Return title, version and page of a place, in the contract's JSON, and whether it has expired or was corrected since, in
    the active language."""
    page = name_page(number=place["page"], label=place["page_label"])
    version = _("version %(number)s") % {"number": place["version"]}
    remarks = "; ".join(_remarks(place))
    return ", ".join(part for part in (place["title"], version, page) if part) + (f" ({remarks})" if remarks else "")


def footnote(citation: Mapping[str, Any]) -> str:
    """Return the marker of a citation, its place and its quote on one line."""
    return f"[{citation['marker']}] {name_place(citation)}: “{' '.join(citation['quote'].split())}”"


def _remarks(place: Mapping[str, Any]) -> list[str]:
    """Return what a reader must know of a place. Answers from before have no such fields."""
    said = [_("expired on %(date)s") % {"date": iso_day(place["expired_on"])}] if place.get("expired_on") else []
    if change := place.get("correction"):
        said.append(_("corrected by %(name)s on %(date)s") % {"name": change["by"], "date": iso_day(change["on"])})
    return said
