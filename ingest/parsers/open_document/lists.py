"""Lists of an OpenDocument text: how their levels are numbered, which lists count on in others."""

import re
from dataclasses import dataclass, field

from lxml import etree

from ingest.parsers.office.building.word import ListLevel, WordFile
from ingest.parsers.open_document.names import LIST_FORMAT, STYLE, TEXT, XML_ID, whole

# ODF 1.3 part 3, 19.500 style:num-format; those that are written out are LibreOffice's.
FORMS = {
    "1": "decimal",
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
    "": "none",
    "01": "decimalZero",
}
FORMS |= {"1st": "ordinal", "One": "cardinalText", "First": "ordinalText"}
BY_FIRST = {"一": "chineseCounting", "壹": "chineseLegalSimplified", "①": "decimalEnclosedCircle", "甲": "ideographTraditional"}
BY_FIRST |= {"子": "ideographZodiac", "１": "decimalFullWidth", "〇": "ideographDigital"}
LEVELS = 9
OUTLINE = "outline"
PLACE = re.compile(r"%(\d+)%")
MAX_LISTS = 5000


@dataclass(slots=True)
class Lists:
    """Gives each list the number under which the DOCX knows it."""

    word: WordFile
    _styles: dict[str, dict[int, ListLevel]] = field(default_factory=dict)
    _written: dict[str, str] = field(default_factory=dict)  # the number of a style's own definition
    _last: dict[str, str] = field(default_factory=dict)  # by style
    _by_id: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def add(self, root: etree._Element | None) -> None:
        """Take the list styles of a part."""
        if root is None:
            return
        for element in root.iter(f"{TEXT}list-style"):
            self._styles[element.get(f"{STYLE}name", "")] = _levels(element)
        for element in root.iter(f"{TEXT}outline-style"):
            self._styles[OUTLINE] = _levels(element)

    def numbers_headings(self, depth: int) -> bool:
        """Tell whether headings of a level are numbered by the outline."""
        level = self._styles.get(OUTLINE, {}).get(depth)
        return level is not None and level.form not in ("none", "bullet")

    def open(self, element: etree._Element) -> str:
        """Return the number of a list that stands in no other one; "" where no style says how it is numbered."""
        style = element.get(f"{TEXT}style-name", "")
        if style not in self._styles:
            return ""
        continued = self._by_id.get(element.get(f"{TEXT}continue-list", ""), "")
        if not continued and element.get(f"{TEXT}continue-numbering") == "true":
            continued = self._last.get(style, "")
        number = continued or self.begin(style)
        self._last[style] = number
        if name := element.get(XML_ID):
            self._by_id[name] = number
        return number

    def begin(self, style: str, *, depth: int | None = None, start: int | None = None) -> str:
        """Return a number under which a style counts anew, on all levels or from a start on one."""
        levels = self._styles.get(style, {})
        if style not in self._written:
            self._written[style] = f"s{len(self._written)}"
            self.word.numbering(self._written[style], levels)
            if start is None:
                return self._written[style]
        if self._count >= MAX_LISTS:
            return self._written[style]
        self._count += 1
        restarts = {place: level.start for place, level in levels.items()} if depth is None else {depth: start or 0}
        self.word.numbering_like(f"n{self._count}", self._written[style], restarts=restarts)
        return f"n{self._count}"


def _levels(style: etree._Element) -> dict[int, ListLevel]:
    found: dict[int, ListLevel] = {}
    for element in style:
        depth = whole(element, f"{TEXT}level", 0) - 1 if isinstance(element.tag, str) else -1
        if not 0 <= depth < LEVELS:
            continue
        if element.tag in (f"{TEXT}list-level-style-bullet", f"{TEXT}list-level-style-image"):
            found[depth] = ListLevel(form="bullet")
        else:
            found[depth] = _numbered(element, depth)
    return found


def _numbered(element: etree._Element, depth: int) -> ListLevel:
    written = element.get(f"{STYLE}num-format", "")
    form = FORMS.get(written) or BY_FIRST.get(written[:1], "decimal")
    pattern = element.get(LIST_FORMAT)
    if pattern is not None:
        text = PLACE.sub(lambda match: f"%{match[1]}", pattern)
    else:
        shown = min(whole(element, f"{TEXT}display-levels", 1), depth + 1)
        inner = ".".join(f"%{place}" for place in range(depth + 2 - shown, depth + 2)) if form != "none" else ""
        text = f"{element.get(f'{STYLE}num-prefix', '')}{inner}{element.get(f'{STYLE}num-suffix', '')}"
    return ListLevel(form=form, text=text, start=whole(element, f"{TEXT}start-value", 1))
