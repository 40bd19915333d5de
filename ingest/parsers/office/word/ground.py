"""White letters on white paper and letters of a point, which nobody sees; on a ground of a colour white ones are read."""

import re

from lxml import etree

from ingest.parsers.office.word.names import W, number_of, value_of
from ingest.parsers.office.word.styles import Style

WHITE = re.compile(r"(?:F[A-F0-9]){3}", re.IGNORECASE)
PALEST = 0xFA  # of each shade: what is paler than that cannot be told from the paper
TINIEST = 4  # half points: what is smaller is a speck in print
GROUNDS = (f"{W}shd", f"{W}highlight")


def is_unseen(run: etree._Element, properties: etree._Element | None, *, own: Style, style: Style) -> bool:
    """Tell whether a run is a speck, or is white and stands on no ground of a colour. `own`, `style`: of run and paragraph."""
    if 0 < (number_of(properties, "sz") or 0) < TINIEST:
        return True
    if not is_white(value_of(properties, "color") or own.colour or style.colour) or own.is_shaded or style.is_shaded:
        return False
    if properties is not None and next(properties.iter(*GROUNDS), None) is not None:
        return False
    return not any(map(_gives_ground, run.iterancestors()))


def is_white(colour: str) -> bool:
    """Tell whether six hexadecimal digits are white or next to it."""
    return WHITE.fullmatch(colour) is not None and min(bytes.fromhex(colour)) >= PALEST


def _gives_ground(ancestor: etree._Element) -> bool:
    """Judge by what a run stands in: shaded paragraphs and cells, tables of a style, drawn boxes, pages of a colour."""
    if ancestor.tag == f"{W}txbxContent":
        return True
    if ancestor.tag == f"{W}document":
        return ancestor.find(f"{W}background") is not None
    if ancestor.tag == f"{W}tbl":
        return value_of(ancestor, "tblPr/tblStyle") is not None or ancestor.find(f"{W}tblPr/{W}shd") is not None
    inner = {f"{W}p": "pPr", f"{W}tc": "tcPr"}.get(str(ancestor.tag))
    return inner is not None and ancestor.find(f"{W}{inner}/{W}shd") is not None
