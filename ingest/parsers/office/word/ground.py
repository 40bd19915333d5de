"""White letters on white paper, which nobody sees; on a ground of a colour they are read."""

from lxml import etree

from ingest.parsers.office.word.names import W, value_of
from ingest.parsers.office.word.styles import Style

WHITE = "FFFFFF"
GROUNDS = (f"{W}shd", f"{W}highlight")


def is_unseen(run: etree._Element, properties: etree._Element | None, *, own: Style, style: Style) -> bool:
    """Tell whether a run is white and stands on no ground of a colour. `own`, `style`: of the run, of its paragraph."""
    colour = value_of(properties, "color") or own.colour or style.colour
    if colour.upper() != WHITE or own.is_shaded or style.is_shaded:
        return False
    if properties is not None and next(properties.iter(*GROUNDS), None) is not None:
        return False
    return not any(map(_gives_ground, run.iterancestors()))


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
