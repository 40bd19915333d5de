"""The numbers that PowerPoint makes in front of paragraphs and no run holds: "1.", "b)", "三." (ECMA-376 part 1, 20.1.10.61)."""

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from ingest.parsers.office.slides.inherited import BulletOf, bullet_in, no_bullet
from ingest.parsers.office.word.names import A
from ingest.parsers.office.word.numerals import write_number

KIND = re.compile(
    r"(?P<form>arabicDb|arabic|alphaLc|alphaUc|romanLc|romanUc|circleNum\w*?|ea1(?:Chs|Cht|JpnChsDb|JpnKor))(?P<mark>ParenBoth|ParenR|Period|Plain|\w*)$"
)
FORMS = {"alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman", "romanUc": "upperRoman"}
FORMS |= {"arabic": "decimal", "arabicDb": "decimalFullWidth"}
MARKS = {"ParenBoth": ("(", ")"), "ParenR": ("", ")"), "Period": ("", ".")}


def number_paragraphs(paragraphs: Iterable[etree._Element], *, inherited: BulletOf = no_bullet) -> Iterator[str]:
    """Yield what stands before each paragraph of a shape, "" where it has no number.

    `inherited`: how a paragraph begins which does not say it itself.
    """
    open_at: dict[int, tuple[str, int]] = {}  # by level: kind of numbers, the last of them
    for paragraph in paragraphs:
        properties = paragraph.find(f"{A}pPr")
        level = int(properties.get("lvl", "0")) if properties is not None and properties.get("lvl", "0").isdigit() else 0
        mark = bullet_in(properties)
        mark = inherited(level) if mark is None else mark
        mark = mark if mark is not None and mark.tag == f"{A}buAutoNum" else None
        has_text = any((text.text or "").strip() for text in paragraph.iter(f"{A}t"))
        if mark is None:
            if has_text:
                open_at = {depth: entry for depth, entry in open_at.items() if depth < level}
            yield ""
            continue
        if not has_text:
            yield ""
            continue
        kind, start = mark.get("type", "arabicPeriod"), mark.get("startAt", "1")
        before = open_at.get(level)
        number = before[1] + 1 if before is not None and before[0] == kind else int(start) if start.isdigit() else 1
        open_at = {depth: entry for depth, entry in open_at.items() if depth < level} | {level: (kind, number)}
        yield _written(number, kind)


def _written(number: int, kind: str) -> str:
    match = KIND.match(kind)
    if match is None:
        return f"{number}."
    before, after = MARKS.get(match["mark"], ("", ""))
    return f"{before}{write_number(number, _form(match['form']))}{after}"


def _form(name: str) -> str:
    return FORMS.get(name) or ("decimalEnclosedCircle" if name.startswith("circle") else "chineseCounting")
