"""An XLSX made in memory out of another format, so that one reader decides for all of them what of a sheet is read, and how."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import get_column_letter

from ingest.parsers.office.building.package import RELATIONS, Package, Properties, plain
from ingest.parsers.office.building.word import PLAIN, Look, core_relation

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml."
FIRST_FORMAT = 164  # numbers below have formats that every program knows
MAX_LINKS = 60_000
Rich = tuple[tuple[str, Look], ...]
Value = float | int | bool | str | Rich


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`row`, `column`: from 1. `value`: None where only `formula` is known. `style`: of WorkbookFile.style()."""

    column: int
    value: Value | None
    style: int = 0
    formula: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A comment on a cell."""

    row: int
    column: int
    text: str
    author: str = ""


@dataclass(slots=True)
class SheetFile:
    """One sheet; its rows come in their order."""

    name: str
    is_hidden: bool = False
    notes: list[Note] = field(default_factory=list)
    links: dict[tuple[int, int], str] = field(default_factory=dict)
    _rows: list[str] = field(default_factory=list)
    _merged: list[str] = field(default_factory=list)
    _columns: list[str] = field(default_factory=list)

    def row(self, number: int, cells: Iterable[Cell], *, is_hidden: bool = False) -> None:
        """Add a row. `number`: from 1."""
        hidden = ' hidden="1"' if is_hidden else ""
        written = "".join(_cell(cell, f"{get_column_letter(cell.column)}{number}") for cell in cells)
        if written or is_hidden:
            self._rows.append(f'<row r="{number}"{hidden}>{written}</row>')

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        """Merge a range; all from 1, both ends included."""
        if bottom > top or right > left:
            self._merged.append(f'<mergeCell ref="{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"/>')

    def hide_columns(self, first: int, last: int) -> None:
        """Hide columns; from 1, both included."""
        self._columns.append(f'<col min="{first}" max="{last}" width="9" hidden="1"/>')

    def as_xml(self, link_names: dict[str, str]) -> str:
        """Return the sheet. `link_names`: the relation of each address."""
        columns = f"<cols>{''.join(self._columns)}</cols>" if self._columns else ""
        merged = f"<mergeCells>{''.join(self._merged)}</mergeCells>" if self._merged else ""
        links = "".join(
            f'<hyperlink ref="{get_column_letter(column)}{row}" r:id="{link_names[address]}"/>'
            for (row, column), address in self.links.items()
            if address in link_names
        )
        links = f"<hyperlinks>{links}</hyperlinks>" if links else ""
        rows = "".join(self._rows)
        # A size, which nothing trusts, so that openpyxl does not look for it in all rows.
        head = f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}"><dimension ref="A1"/>{columns}'
        return f"{head}<sheetData>{rows}</sheetData>{merged}{links}</worksheet>"


@dataclass(slots=True)
class WorkbookFile:
    """Collects a workbook. `is_from_1904`: its days count from 1 January 1904."""

    properties: Properties = field(default_factory=Properties)
    is_from_1904: bool = False
    sheets: list[SheetFile] = field(default_factory=list)
    _formats: dict[str, int] = field(default_factory=dict)
    _styles: dict[tuple[int, bool, bool], int] = field(default_factory=lambda: {(0, False, False): 0})

    def style(self, code: str = "General", *, number: int | None = None, is_struck: bool = False, is_white: bool = False) -> int:
        """Return a style. `code`: of a number format; `number`: instead of it, of a format that has no code of its own.

        Args:
            is_white: it writes in white on no ground.
        """
        if number is None:
            number = 0 if code == "General" else self._formats.setdefault(code, FIRST_FORMAT + len(self._formats))
        return self._styles.setdefault((number, is_struck, is_white), len(self._styles))

    def sheet(self, name: str, *, is_hidden: bool = False) -> SheetFile:
        """Add a sheet."""
        self.sheets.append(SheetFile(name=name, is_hidden=is_hidden))
        return self.sheets[-1]

    def save(self) -> io.BytesIO:
        """Return the XLSX."""
        package = Package()
        main = "xl/workbook.xml"
        rows: list[str] = []
        for number, sheet in enumerate(self.sheets, start=1):
            path = f"worksheets/sheet{number}.xml"
            self._add_sheet(package, sheet, number)
            name = package.relate(main, "worksheet", path)
            state = ' state="hidden"' if sheet.is_hidden else ""
            rows.append(f'<sheet name={quoteattr(plain(sheet.name))} sheetId="{number}"{state} r:id="{name}"/>')
        dates = '<workbookPr date1904="1"/>' if self.is_from_1904 else "<workbookPr/>"
        book = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{dates}<sheets>{"".join(rows)}</sheets></workbook>'
        package.add(main, book.encode(), f"{KIND}sheet.main+xml")
        package.add("xl/styles.xml", self._styles_xml().encode(), f"{KIND}styles+xml")
        package.relate(main, "styles", "styles.xml")
        core = "application/vnd.openxmlformats-package.core-properties+xml"
        package.add("docProps/core.xml", self.properties.as_xml(), core)
        package.relate("", "officeDocument", main)
        package.relate("", core_relation(), "docProps/core.xml")
        return package.save()

    def _add_sheet(self, package: Package, sheet: SheetFile, number: int) -> None:
        path = f"xl/worksheets/sheet{number}.xml"
        addresses = list(dict.fromkeys(sheet.links.values()))[:MAX_LINKS]
        names = {address: package.relate(path, "hyperlink", address, is_external=True) for address in addresses}
        if sheet.notes:
            package.relate(path, "comments", f"../comments{number}.xml")
            package.add(f"xl/comments{number}.xml", _notes(sheet.notes).encode(), f"{KIND}comments+xml")
        package.add(path, sheet.as_xml(names).encode(), f"{KIND}worksheet+xml")

    def _styles_xml(self) -> str:
        formats = "".join(
            f'<numFmt numFmtId="{number}" formatCode={quoteattr(plain(code))}/>' for code, number in self._formats.items()
        )
        formats = f'<numFmts count="{len(self._formats)}">{formats}</numFmts>' if formats else ""
        styles = "".join(
            f'<xf numFmtId="{number}" fontId="{int(is_struck) + 2 * is_white}" fillId="0" borderId="0" xfId="0"/>'
            for number, is_struck, is_white in self._styles
        )
        white = '<font><color rgb="FFFFFFFF"/></font><font><strike/><color rgb="FFFFFFFF"/></font>'
        return (
            f'<styleSheet xmlns="{MAIN}">{formats}<fonts count="4"><font/><font><strike/></font>{white}</fonts>'
            '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            f'<cellXfs count="{len(self._styles)}">{styles}</cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        )


def _cell(cell: Cell, place: str) -> str:
    head = f'<c r="{place}" s="{cell.style}"' if cell.style else f'<c r="{place}"'
    value = cell.value
    if value is None:
        return f"{head}><f>{escape(plain(cell.formula))}</f></c>" if cell.formula else f"{head}/>"
    if isinstance(value, bool):
        return f'{head} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"{head}><v>{value!r}</v></c>"
    if isinstance(value, str):
        return f'{head} t="inlineStr"><is>{_text(value)}</is></c>'
    return f'{head} t="inlineStr"><is>{"".join(_run(text, look) for text, look in value)}</is></c>'


def _text(text: str) -> str:
    return f'<t xml:space="preserve">{escape(plain(text))}</t>'


def _run(text: str, look: Look) -> str:
    if look == PLAIN:
        return f"<r>{_text(text)}</r>"
    strike = "<strike/>" if look.is_struck else ""
    rise = f'<vertAlign val="{look.rise}"/>' if look.rise else ""
    return f"<r><rPr>{strike}{rise}</rPr>{_text(text)}</r>"


def _notes(notes: list[Note]) -> str:
    authors = list(dict.fromkeys(note.author for note in notes))
    names = "".join(f"<author>{escape(plain(author))}</author>" for author in authors)
    rows = "".join(
        f'<comment ref="{get_column_letter(note.column)}{note.row}" authorId="{authors.index(note.author)}">'
        f"<text>{_text(note.text)}</text></comment>"
        for note in notes
    )
    return f'<comments xmlns="{MAIN}"><authors>{names}</authors><commentList>{rows}</commentList></comments>'
