"""The text of a paragraph of Word: runs, links with their addresses, insertions, fields' results, equations, marks of notes."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from ingest.parsers.left_out import LeftOut, close_gaps
from ingest.parsers.office.symbols import as_shown, has_private
from ingest.parsers.office.word.equations import linear
from ingest.parsers.office.word.fields import OpenField, UnreadableEquation, shown_by
from ingest.parsers.office.word.ground import is_unseen
from ingest.parsers.office.word.names import MC, OLE, M, R, W, font_of, is_placeholder, number_of, switch_of, value_of
from ingest.parsers.office.word.notes import Notes
from ingest.parsers.office.word.styles import NO_STYLE, Style
from language.raised import lowered, raised

# Deleted text, the source's place of moved text, drawings' fallbacks, how a base text is spoken: not what a reader sees.
SKIPPED_LIST = "del moveFrom delText rPr pPr sectPr sdtPr sdtEndPr rt txbxContent footnoteRef endnoteRef annotationRef"
SKIPPED = frozenset((*(f"{W}{name}" for name in SKIPPED_LIST.split()), f"{MC}Fallback"))
BREAKS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
MIN_RISE = 4  # half points: what is less is a matter of taste, unless the letters are small
MIN_RISE_OF_SMALL, SMALL = 2, 16
WATERMARK = "{urn:schemas-microsoft-com:vml}textpath"  # also words that are drawn along a line
HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{1,4}")
LINK_FIELD = re.compile(r'^\s*HYPERLINK\s+"([^"]+)"')
ADDRESS = re.compile(r"^(?:https?|ftp|mailto|tel|file|\\\\|//)", re.IGNORECASE)
SIGN_FONTS = frozenset(("Symbol", "Wingdings", "Wingdings 2", "Webdings"))
Piece = tuple[str, str]  # what becomes of it ("", "struck" or "hidden"), text


@dataclass(slots=True)
class RunReader:
    """Reads paragraphs in their order. `links`: addresses by relationship id."""

    styles: dict[str, Style]
    links: dict[str, str]
    notes: Notes
    left_out: LeftOut
    _fields: list[OpenField] = field(default_factory=list)  # in each other, the outermost first

    def read(self, paragraph: etree._Element) -> str:
        """Return the text that holds; counts what was struck out or hidden."""
        style = self.styles.get(value_of(paragraph, "pPr/pStyle") or "", NO_STYLE)
        self._fields = []
        pieces = self._walk(paragraph, style, "")
        pieces += [("", one.words) for one in self._fields]
        return self._kept([piece for piece in pieces if piece[1]])

    def is_strong(self, cell: etree._Element) -> bool:
        """Tell whether all words below an element are bold, by themselves or by their styles."""
        found = False
        for paragraph in cell.iter(f"{W}p"):
            style = self.styles.get(value_of(paragraph, "pPr/pStyle") or "", NO_STYLE)
            for run in paragraph.iter(f"{W}r"):
                if not any((text.text or "").strip() for text in run.iterchildren(f"{W}t")):
                    continue
                properties = run.find(f"{W}rPr")
                own = switch_of(properties, "b", "bCs")
                named = self.styles.get(value_of(properties, "rStyle") or "", NO_STYLE)
                found = own if own is not None else named.strong or style.strong
                if not found:
                    return False
        return found

    def _kept(self, pieces: list[Piece]) -> str:
        if all(not kind for kind, _ in pieces):
            return "".join(text for _, text in pieces)
        parts: list[str] = []
        for kind, group in itertools.groupby(_with_spaces(pieces), key=lambda piece: piece[0]):
            text = "".join(part for _, part in group)
            if not kind:
                parts.append(text)
            elif text.strip():
                code = "struck_out" if kind == "struck" else "hidden_words"
                self.left_out.add(code, place=text if kind == "struck" else "".join(parts)[-40:])
        return close_gaps("".join(parts))

    def _walk(self, parent: etree._Element, style: Style, kind: str) -> list[Piece]:
        pieces: list[Piece] = []
        for child in parent:
            if child.tag in SKIPPED or not isinstance(child.tag, str) or is_placeholder(child):
                continue
            if child.tag == f"{W}r":
                pieces += self._run(child, style)
            elif child.tag == f"{W}hyperlink":
                pieces += self._linked(self._walk(child, style, kind), self.links.get(child.get(f"{R}id", ""), ""))
            elif child.tag == f"{W}fldSimple":
                match = LINK_FIELD.match(child.get(f"{W}instr", ""))
                pieces += self._linked(self._walk(child, style, kind), match.group(1) if match else "")
            elif child.tag in (f"{M}oMath", f"{M}oMathPara"):
                pieces.append((kind, self._equation(child)))
            else:
                pieces += self._leaf(child, kind) or self._walk(child, style, kind)
        return pieces

    def _leaf(self, child: etree._Element, kind: str) -> list[Piece]:
        if child.tag == f"{W}fldChar":
            return self._field(child, kind)
        if child.tag == f"{W}instrText":
            self._instruct(child.text or "")
            return []
        pieces = self._said(child, kind)
        if any(not one.is_shown for one in self._fields):
            self._instruct("".join(text for _, text in pieces), is_text=True)
            return []
        for one in self._fields:
            one.has_words = one.has_words or any(text.strip() for _, text in pieces)
        return pieces

    def _instruct(self, text: str, *, is_text: bool = False) -> None:
        """Add to the instruction of the field that is being told what to do; what a field in it shows is a part of it."""
        told = next((one for one in reversed(self._fields) if not one.is_shown), None)
        if told is not None:
            told.instruction += text
            told.words += text if is_text else ""

    def _said(self, child: etree._Element, kind: str) -> list[Piece]:
        if child.tag == f"{W}t":
            return [(kind, child.text or "")]
        if child.tag == WATERMARK:
            return [(kind, child.get("string", ""))]
        if child.tag in BREAKS:
            return [(kind, BREAKS[child.tag])]
        if child.tag == f"{W}sym":
            code = child.get(f"{W}char", "")
            return [(kind, as_shown(chr(int(code, 16)), child.get(f"{W}font", "")))] if HEXADECIMAL.fullmatch(code) else []
        if child.tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
            return [(kind, raised(mark))] if (mark := self.notes.refer(child)) and not kind else []
        if child.tag == f"{W}commentReference":
            self.notes.refer(child)
        elif child.tag == f"{W}object":
            program = next((ole.get("ProgID", "") for ole in child.iter(OLE)), "")
            self.left_out.add("equations" if program.startswith("Equation") else "objects")
        return []

    def _field(self, mark: etree._Element, kind: str) -> list[Piece]:
        """Follow a field's parts; behind the words of a link stands its address."""
        what = mark.get(f"{W}fldCharType")
        if what == "begin":
            self._fields.append(OpenField())
            return [(kind, filled)] if (filled := _filled(mark.find(f"{W}ffData"))) else []
        if what == "separate" and self._fields:
            self._fields[-1].is_shown = True
        elif what == "end" and self._fields:
            return self._ended(self._fields.pop(), kind)
        return []

    def _ended(self, ended: OpenField, kind: str) -> list[Piece]:
        match = LINK_FIELD.match(ended.instruction)
        text = _address(match.group(1)) if match else "" if ended.has_words else self._shown_by(ended.instruction)
        if any(not one.is_shown for one in self._fields):
            self._instruct(text)
            return []
        return [(kind, text)] if text else []

    def _shown_by(self, instruction: str) -> str:
        try:
            return shown_by(instruction)
        except UnreadableEquation:
            self.left_out.add("equations")
            return ""

    def _linked(self, pieces: list[Piece], target: str) -> list[Piece]:
        address = _address(target)
        words = "".join(text for kind, text in pieces if not kind)
        bare = address.strip(" ()")
        return [*pieces, ("", address)] if address and words.strip() and bare.rstrip("/") not in words else pieces

    def _run(self, run: etree._Element, style: Style) -> list[Piece]:
        properties = run.find(f"{W}rPr")
        if properties is None and not style.colour:
            return self._walk(run, style, "hidden" if style.hidden else "struck" if style.struck else "")
        own = self.styles.get(value_of(properties, "rStyle") or "", NO_STYLE)
        struck, hidden = switch_of(properties, "strike", "dstrike"), switch_of(properties, "vanish")
        kind = "struck" if (struck if struck is not None else own.struck or style.struck) else ""
        kind = "hidden" if (hidden if hidden is not None else own.hidden or style.hidden) else kind
        kind = "hidden" if is_unseen(run, properties, own=own, style=style) else kind
        pieces = self._walk(run, style, kind)
        font = font_of(properties) or own.font or style.font
        if font in SIGN_FONTS or any(has_private(text) for _, text in pieces):
            pieces = [(piece, as_shown(text, font, own.font, style.font)) for piece, text in pieces]
        write = level_of(properties, style=own)
        return [(piece, write(text)) for piece, text in pieces] if write else pieces

    def _equation(self, element: etree._Element) -> str:
        text = " ".join(linear(element).split())
        if not text:
            self.left_out.add("equations")
        return f" {text} " if text else ""


def _with_spaces(pieces: list[Piece]) -> list[Piece]:
    """Blank runs between two that were struck out belong to them."""
    found = list(pieces)
    for position in range(1, len(found) - 1):
        before, after = found[position - 1][0], found[position + 1][0]
        if before and before == after and not found[position][1].strip():
            found[position] = (before, found[position][1])
    return found


def _address(target: str) -> str:
    """Return how the address of a link is written behind its words; "" for a place in the document itself."""
    target = target.strip()
    return f" ({target.removeprefix('mailto:')})" if ADDRESS.match(target) else ""


def _filled(form: etree._Element | None) -> str:
    """Return what a box to tick or a list to choose from shows, which no run holds."""
    if form is None:
        return ""
    box, choices = form.find(f"{W}checkBox"), form.find(f"{W}ddList")
    if box is not None:
        is_checked = switch_of(box, "checked")
        return "☑" if (switch_of(box, "default") if is_checked is None else is_checked) else "☐"
    if choices is None:
        return ""
    entries = [entry.get(f"{W}val", "") for entry in choices.iterchildren(f"{W}listEntry")]
    chosen = number_of(choices, "result") or number_of(choices, "default") or 0
    return entries[chosen] if 0 <= chosen < len(entries) else ""


def level_of(properties: etree._Element | None, *, style: Style = NO_STYLE) -> Callable[[str], str] | None:
    """Return how the text of a run is written that stands raised or lowered; None for others. `style`: of the run."""
    named = value_of(properties, "vertAlign")
    named = style.rise if named is None else named
    if named in ("superscript", "subscript"):
        return raised if named == "superscript" else lowered
    half_points = number_of(properties, "position") or 0
    is_small = 0 < (number_of(properties, "sz") or 0) <= SMALL
    if abs(half_points) < (MIN_RISE_OF_SMALL if is_small else MIN_RISE):
        return None
    return raised if half_points > 0 else lowered
