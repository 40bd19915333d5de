"""The numbers and bullets that Word makes and no run holds: "Article 7", "2.2", "(b)", 第三条."""

import re
from dataclasses import dataclass, field

from lxml import etree

from ingest.parsers.office.word.names import MC, W, number_of, switch_of, value_of
from ingest.parsers.office.word.numerals import ZEROS, write_number

MAX_LEVEL = 8
PLACE = re.compile(r"%([1-9])")
NAMED = re.compile(r"[A-Za-zÀ-ÿ]{2}|[§第]")  # "Article 7", "§ 12", 第三条: what others cite by its name

WIDE_BRACKETS = "（【"  # no space stands before them


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How a level of a list is numbered. `text`: "%1.%2", where %1 is the number of the first level."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    style: str = ""  # the paragraph style that stands for this level
    in_digits: bool = False  # all its numbers in digits, whatever the levels above write
    restarts_after: int | None = None  # the level, from 1, after which it begins anew; 0: never


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What stands in front of a paragraph. `text` is empty for a bullet. `is_named`: "Article 7", "§ 12", 第三条."""

    text: str
    level: int
    is_bullet: bool = False
    is_named: bool = False


@dataclass(slots=True)
class Numbering:
    """Counts through the document: paragraphs have to be asked for in their order."""

    levels: dict[str, dict[int, Level]] = field(default_factory=dict)  # by abstract list
    abstract_of: dict[str, str] = field(default_factory=dict)  # by numId
    overrides: dict[str, dict[int, Level]] = field(default_factory=dict)
    restarts: dict[str, dict[int, int]] = field(default_factory=dict)  # by numId: starts over at its first paragraph
    counters: dict[str, dict[int, int]] = field(default_factory=dict)  # by abstract list

    def level_of_style(self, number: str, style: str) -> int:
        """Return which level of a list a paragraph style stands for."""
        levels = self.levels.get(self.abstract_of.get(number, ""), {})
        return next((depth for depth, level in levels.items() if style and level.style == style), 0)

    def label(self, number: str, depth: int) -> Label | None:
        """Count a paragraph and return its label; None where the list is not known or writes nothing."""
        abstract = self.abstract_of.get(number)
        if abstract is None:
            return None
        depth = max(0, min(depth, MAX_LEVEL))
        levels = {**self.levels.get(abstract, {}), **self.overrides.get(number, {})}
        level = levels.get(depth)
        if level is None:
            return None
        self._count(number, abstract, depth, levels)
        if level.form == "bullet":
            return Label(text="", level=depth, is_bullet=True)
        text = self._printed(abstract, level, levels)
        is_named = bool(NAMED.search(level.text))
        return Label(text=self._cited(abstract, text, depth, levels), level=depth, is_named=is_named) if text else None

    def _printed(self, abstract: str, level: Level, levels: dict[int, Level]) -> str:
        return PLACE.sub(lambda match: self._written(abstract, int(match[1]) - 1, level, levels), level.text).strip()

    def _cited(self, abstract: str, text: str, depth: int, levels: dict[int, Level]) -> str:
        """Return the label of a part of a clause as it is cited: "(ii)" below "(b)" below "Article 8" is "Article 8 (b) (ii)"."""
        if NAMED.search(levels[depth].text) or "%1" in levels[depth].text:
            return text
        above: list[str] = []
        for upper in range(depth - 1, -1, -1):
            level = levels.get(upper)
            if level is None or level.form in ("bullet", "none") or f"%{upper + 1}" in levels[depth].text:
                continue  # it says nothing, or the label says it itself
            above = [printed, *above] if (printed := self._printed(abstract, level, levels)) else above
            if NAMED.search(level.text) or len(PLACE.findall(level.text)) > 1:
                return "".join(f"{'' if part[0] in WIDE_BRACKETS else ' '}{part}" for part in [*above, text]).strip()
        return text

    def _count(self, number: str, abstract: str, depth: int, levels: dict[int, Level]) -> None:
        counters = self.counters.setdefault(abstract, {})
        for start_depth, start in self.restarts.pop(number, {}).items():
            counters.pop(start_depth, None)
            levels[start_depth] = _at(levels.get(start_depth, Level()), start)
            self.overrides.setdefault(number, {})[start_depth] = levels[start_depth]
        counters[depth] = counters[depth] + 1 if depth in counters else levels[depth].start
        for lower in [lower for lower in counters if lower > depth]:
            after = levels.get(lower, Level()).restarts_after
            if after is None or (after and depth < after):
                del counters[lower]
        for upper in range(depth):
            if upper in levels:
                counters.setdefault(upper, levels[upper].start)

    def _written(self, abstract: str, depth: int, level: Level, levels: dict[int, Level]) -> str:
        shown = levels.get(depth, Level())
        number = self.counters[abstract].get(depth, shown.start)
        return write_number(number, "decimal" if level.in_digits and shown.form != "none" else shown.form)


def read_numbering(root: etree._Element | None, list_styles: dict[str, str]) -> Numbering:
    """Return the lists of a document. `root`: of word/numbering.xml. `list_styles`: numId by id of a style."""
    numbering = Numbering()
    if root is None:
        return numbering
    links: dict[str, str] = {}
    for definition in root.iterchildren(f"{W}abstractNum"):
        key = definition.get(f"{W}abstractNumId", "")
        numbering.levels[key] = dict(_read_level(level) for level in definition.iterchildren(f"{W}lvl"))
        if style := value_of(definition, "numStyleLink"):
            links[key] = style
    for number in root.iterchildren(f"{W}num"):
        key = number.get(f"{W}numId", "")
        numbering.abstract_of[key] = value_of(number, "abstractNumId") or ""
        for override in number.iterchildren(f"{W}lvlOverride"):
            depth = int(override.get(f"{W}ilvl", "0"))
            if (level := override.find(f"{W}lvl")) is not None:
                numbering.overrides.setdefault(key, {})[depth] = _read_level(level)[1]
            if (start := number_of(override, "startOverride")) is not None:
                numbering.restarts.setdefault(key, {})[depth] = start
    for key, abstract in numbering.abstract_of.items():
        linked = numbering.abstract_of.get(list_styles.get(links.get(abstract, ""), ""))
        if linked and not numbering.levels.get(abstract):
            numbering.abstract_of[key] = linked
    return numbering


def _read_level(element: etree._Element) -> tuple[int, Level]:
    start = number_of(element, "start")
    form = value_of(element, "numFmt") or _padded(element)
    level = Level(
        start=0 if start is None else start,
        form="decimal" if form is None else form,
        text=value_of(element, "lvlText") or "",
        style=value_of(element, "pStyle") or "",
        in_digits=bool(switch_of(element, "isLgl")),
        restarts_after=number_of(element, "lvlRestart"),
    )
    return int(element.get(f"{W}ilvl", "0")), level


def _padded(element: etree._Element) -> str | None:
    """Return the format of numbers that a newer Word pads with zeros, "001, 002, 003, ...", beside one that older ones know."""
    for form in element.iterfind(f"{MC}AlternateContent/{MC}Choice/{W}numFmt"):
        first = form.get(f"{W}format", "").partition(",")[0].strip()
        if first.isdigit():
            return f"{ZEROS}{len(first)}"
    return value_of(element.find(f"{MC}AlternateContent/{MC}Fallback"), "numFmt")


def _at(level: Level, start: int) -> Level:
    return Level(
        start=start,
        form=level.form,
        text=level.text,
        style=level.style,
        in_digits=level.in_digits,
        restarts_after=level.restarts_after,
    )
