# ruff: noqa: E501 - a pattern is read in one line
"""Since when a text holds, as its title says ("in force since 1 April 2026", "Travel policy 2025"), and what it replaces."""

import re
from dataclasses import dataclass
from datetime import date

from language.dates import find_dates

_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
_MONTH_YEAR = re.compile(rf"\b({'|'.join(name[:3] for name in _MONTHS)})[a-z]*\.?\s+((?:19|20)\d\d)\b", re.IGNORECASE)
_YEAR = re.compile(
    r"(?<![\d.,/-])((?:19|20)\d\d)(?![\d.,]\d|/\d)(?!\s*(?:euros?|dollars?|pounds?|yuan|metres?|meters?|kg|km|元|米|人|名|个|件))"
)
_FILE_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_IN_FORCE = re.compile(
    r"\b(?:in force|effective|valid|applies|applicable|in effect|comes? into (?:force|effect)|take[sn]? effect)\b[^.;]{0,20}?"
    r"\b(?:since|from|as of|as from|on|with effect from|until)?\s*(?P<since>[^.;]{4,30})|自(?P<zh>[^，。；]{4,20})起(?:施行|生效|执行|实施|适用)",
    re.IGNORECASE,
)
_QUANTITY_OR_NAME = r"(?P<{0}>[^,;:，；：]{{1,80}}?)"
_CHANGES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_QUANTITY_OR_NAME.format('old')} (?:is|are|was|were|has been|have been|shall be|will be)(?: hereby)? (?:replaced|substituted|superseded) (?:by|with) {_QUANTITY_OR_NAME.format('new')}(?:[.;,]|$)",
        rf"\breplac(?:es?|ed|ing) {_QUANTITY_OR_NAME.format('old')} (?:by|with) {_QUANTITY_OR_NAME.format('new')}(?:[.;,]|$)",
        rf"\b(?:chang|ris|increas|go|fall|decreas|drop|rais|lower|extend|shorten|reduc|amend|mov|adjust)\w*\b[^.;]{{0,40}}?\bfrom {_QUANTITY_OR_NAME.format('old')} to {_QUANTITY_OR_NAME.format('new')}(?:[.;,]|$)",
        rf"{_QUANTITY_OR_NAME.format('new')} (?:appl(?:y|ies)|holds?|is paid|is due|counts?)? ?instead of (?:the )?(?:previous |former |old |earlier )?{_QUANTITY_OR_NAME.format('old')}(?:[.;,]|$)",
        rf"\binstead of (?:the )?(?:previous |former |old |earlier )?{_QUANTITY_OR_NAME.format('old')},? {_QUANTITY_OR_NAME.format('new')}(?:[.;]|$)",
        rf"{_QUANTITY_OR_NAME.format('new')} replaces? (?:the )?(?:previous |former |old |earlier )?{_QUANTITY_OR_NAME.format('old')}(?:[.;,]|$)",
        rf"\bno longer {_QUANTITY_OR_NAME.format('old')},? but {_QUANTITY_OR_NAME.format('new')}(?:[.;,]|$)",
        r"(?:将|把)?[^，。；]{0,40}?由(?:原来的?|原先的?|现行的?)?(?P<old>[^，。；]{1,30}?)(?:提高|上调|增加|延长|缩短|降低|下调|减少|调整|更改|修改|变更|改)(?:到|至|为|成)(?P<new>[^，。；]{1,30})",
        r"(?:将|把)[^，。；]{0,40}?[“\"「]?(?P<old>[^，。；“”]{1,30}?)[”\"」]?(?:修改|改|调整|变更|更改|替换)(?:为|成)[“\"「]?(?P<new>[^，。；“”]{1,30})",
        r"(?P<old>[^，。；]{1,40}?)(?:修改|改|调整|变更|更改|替换)(?:为|成)(?P<new>[^，。；]{1,30})",
        r"(?:以|用)(?P<new>[^，。；]{1,30}?)(?:代替|取代|替代|替换)(?:原来的?|原先的?)?(?P<old>[^，。；]{1,30})",
    )
)


@dataclass(frozen=True, slots=True)
class Change:
    """A sentence that puts something new in the place of something old: "180 days is replaced by 270 days"."""

    old: str
    new: str


def since_of(title: str, *texts: str) -> date | None:
    """Return since when a text holds: the latest date of its title or headings, else what one of its sentences says; None for none.

    Args:
        title: with headings and file name.
        texts: of the document.
    """
    if (found := latest_date(title)) is not None:
        return found
    dates = [
        day for text in texts for match in _IN_FORCE.finditer(text) if (day := latest_date(match["since"] or match["zh"] or ""))
    ]
    return max(dates, default=None)


def latest_date(text: str) -> date | None:
    """Return the latest day, month or year that a text names, the first day of it; None where it names none."""
    return max(dates_in(text), default=None)


def dates_in(text: str) -> list[date]:
    """Return the days, months and years that a text names, each as its first day."""
    folded = text.lower()
    found: list[date] = []
    for written in find_dates(folded):
        parts = [int(part) for part in written.split("-")]
        try:
            year, month, day = [*parts, 1, 1][:3]
            found.append(date(year, month, day))
        except ValueError:
            continue
    for match in _MONTH_YEAR.finditer(folded):
        found.append(date(int(match[2]), [name[:3] for name in _MONTHS].index(match[1].lower()) + 1, 1))
    years = {
        int(match[1]) for match in (*_YEAR.finditer(folded), *_FILE_YEAR.finditer(folded if "/" in folded or "." in folded else ""))
    }
    found += [date(year, 1, 1) for year in years if year not in {day.year for day in found}]
    return found


def read_change(sentence: str) -> Change | None:
    """Return what a sentence replaces by what; None for one that replaces nothing."""
    for pattern in _CHANGES:
        if found := pattern.search(sentence):
            return Change(found["old"].strip(), found["new"].strip())
    return None
