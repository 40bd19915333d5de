"""Read the tables of a document from its pages: rows of sheets ("Room: R137; Seats: 7"), tables of documents ("R137 | 7")."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat.tables.grid import Cell, Row, Table
from chat.tables.numbers import is_blank, read_number

MAX_ROWS = 20_000
_LEAD_CHARACTERS = 1500
_SECTION_CHARACTERS = 100
_FIELD = re.compile(r"(?:^|; )(?P<name>[^:;|\n]{1,120}): (?=\S)")
_YEAR = re.compile(
    r"^(?:FY|fiscal(?: year)?|year)?\s*'?(?:(?:19|20)\d\d|\d\d)(?:\s*\(?\w?\)?|\s*[AE]|/\d\d)?$|\b(?:19|20)\d\d\b", re.IGNORECASE
)
_SCALE = re.compile(
    r"\b(?:in|of|\$|US\$|€|£)\s?(?:(?:US |U\.S\. )?dollars? in )?(?:[A-Z]{2,3}\s?)?['’]?(thousand|million|billion|000)s?\b"
    r"|[(\s](thousand|million|billion)s? of\b"
    r"|\$['’]?(000)|\b(?:\$|US\$|€|£|RMB|HK\$)\s?(m|bn)\b|单位[:：]\s*(千|百万|万|亿)?元",
    re.IGNORECASE,
)
_SCALES = {"000": "thousand", "m": "million", "bn": "billion", "千": "千", "百万": "百万", "万": "万", "亿": "亿"}


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as it is stored. `id`: of the kb.Page."""

    id: int
    text: str
    blocks: Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class _Draft:
    """A table while its lines are read."""

    title: str
    path: tuple[str, ...]
    header: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)  # a second line of names: years below "Fair value" and "Cost"
    rows: list[Row] = field(default_factory=list)
    section: str = ""


def read_tables(pages: Sequence[PageText]) -> list[Table]:
    """Return the tables of a document in their order. One that goes on in the next block or page is one table."""
    drafts: list[_Draft] = []
    lead, is_open = "", False
    for page in pages:
        is_first = True
        for block in page.blocks:
            text = page.text[block["start"] : block["end"]]
            goes_on, is_first = is_open and is_first, False
            if block["kind"] in ("table", "list"):
                is_open = _read_block(drafts, page, block, lead, is_open=is_open, goes_on=goes_on) or is_open
                continue
            if is_open and _is_section(text) and block["kind"] in ("paragraph", "heading"):
                *above, drafts[-1].section = text.strip().split("\n")
                drafts[-1].title = "\n".join([drafts[-1].title, *above, drafts[-1].section])
                continue
            is_open = False
            lead = "" if block["kind"] == "heading" else f"{lead}\n{text}"[-_LEAD_CHARACTERS:]
    return [table for draft in drafts if (table := _finish(draft)) is not None]


def _is_section(text: str) -> bool:
    """Tell whether what stands between rows may be lines of the table that have one cell."""
    lines = text.strip().split("\n")
    return len(lines) <= 3 and all(len(line) <= _SECTION_CHARACTERS for line in lines) and not text.rstrip().endswith((".", "。"))


def _read_block(
    drafts: list[_Draft], page: PageText, block: Mapping[str, Any], lead: str, *, is_open: bool, goes_on: bool = False
) -> bool:
    """Read a table's block, or rows of a sheet.

    Args:
        goes_on: it begins a page, and the page before ended with a table: with the same names it is the same table.
    Returns: False where it is a list of another kind.
    """
    path = tuple(block.get("heading_path", ()))
    header_end = block.get("header_end", 0)
    lines = list(_lines(page.text, block["start"], block["end"]))
    if not lines or (block["kind"] == "list" and not (is_open or any(_fields(page.text[start:end]) for start, end in lines))):
        return False
    names: list[str] = []
    while header_end and lines and lines[0][0] < header_end:
        start, end = lines.pop(0)
        names = _join_names(names, _split(page.text[start:end]))
    head = _split(page.text[slice(*lines[0])]) if lines and not names else []
    is_headline = block["kind"] == "table" and len(lines) == 1 and len(head) > 1 and not any(map(_is_figure, head))
    is_same = is_open and bool(drafts) and (drafts[-1].path == path or (path and path[-1].strip() == drafts[-1].section))
    repeats_names = goes_on and is_same and bool(names) and names == drafts[-1].header
    if (names and not repeats_names) or is_headline or not is_same:
        drafts.append(_Draft("\n".join([*path, lead]), path, header=names))
    draft = drafts[-1]
    if is_headline:
        draft.header = head  # the row of names above the records that follow
        return True
    if block["kind"] == "table" and not draft.header and not draft.rows and not block.get("is_headless"):
        lines = _take_names(draft, page, lines)
    for start, end in lines:
        _read_line(draft, page, start, end)
    return True


def _take_names(draft: _Draft, page: PageText, lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Take the names of the columns from the first lines of a table that no header is known of: those without a figure."""
    heads: list[list[str]] = []
    while lines and not any(map(_is_figure, texts := _split(page.text[slice(*lines[0])]))):
        heads.append(texts)
        lines = lines[1:]
    names: list[str] = []
    for texts in heads:
        if sum(map(bool, texts)) == 1:  # a line over the whole table: what it is about, or in what it counts
            draft.title = "\n".join([draft.title, *filter(None, texts)])
        else:
            names = _join_names(names, texts)
    draft.header = names
    return lines


def _is_figure(text: str) -> bool:
    """Tell whether a cell holds a number that is no year."""
    return read_number(text) is not None and not re.fullmatch(r"(?:19|20)\d\d(?:\s*\(?\w{1,2}\)?)?", text.strip())


def _read_line(draft: _Draft, page: PageText, start: int, end: int) -> None:
    line = page.text[start:end]
    label, cells = _cells(draft, line)
    if not cells:
        draft.section = label or line.strip()
        return
    is_dates = all(_YEAR.search(text) and len(text) < 24 for _name, text in cells)
    is_partly = bool(label) or not all(name for name, _text in cells)
    is_below = not draft.rows and is_partly and not any(_is_figure(text) for _name, text in cells)
    if not draft.above and len(cells) > 1 and ((is_dates and not label) or is_below):
        draft.title = f"{draft.title}\n{label}"
        draft.above = [f"{name} {text}".strip() for name, text in _carried(cells)]
        return
    if draft.above and len(draft.above) == len(cells):
        cells = [(name, text) for name, (_old, text) in zip(draft.above, cells, strict=True)]
    named = tuple(Cell(column=name, text=text) for name, text in _apart(cells))
    draft.rows.append(Row(label=label, cells=named, page=page.id, start=start, end=end, section=draft.section))


def _cells(draft: _Draft, line: str) -> tuple[str, list[tuple[str, str]]]:
    """Return a line's label and its cells with their names; the label is "" where it stands under a name as well."""
    if " | " in line or line.startswith("|"):
        texts = _split(line)
        names = draft.header
        if names and len(names) == len(texts):
            if not names[0]:
                return texts[0], [(name, text) for name, text in zip(names[1:], texts[1:], strict=True) if text or name]
            return "", list(zip(names, texts, strict=True))
        if names and len(names) == len(texts) - 1:
            return texts[0], list(zip(names, texts[1:], strict=True))
        return texts[0], [("", text) for text in texts[1:]]
    fields = _fields(line, draft.header)
    if not fields:
        return line.strip(), []
    lead = line[: fields[0][2]].rstrip("; ").strip()
    cells: list[tuple[str, str]] = []
    for name, value, _start in fields:
        texts = value.split("; ")
        cells += (
            [(name, texts[0]), *(("", text) for text in texts[1:])] if all(len(text) < 30 for text in texts) else [(name, value)]
        )
    return lead, cells


def _fields(line: str, known: Sequence[str] = ()) -> list[tuple[str, str, int]]:
    """Return the names and values of "Cargo; 2019: 5; 2018: 4" with where each begins; a lead-in is no name.

    Args:
        known: the names that the table has; a colon after other words is part of a cell.
    """
    matches = list(_FIELD.finditer(line))
    if known:
        matches = [match for match in matches if match["name"].strip() in known]
    if not matches:
        return []
    ends = [*(match.start() for match in matches[1:]), len(line)]
    return [
        (match["name"].strip(), line[match.end() : end].strip(), match.start()) for match, end in zip(matches, ends, strict=True)
    ]


def _carried(cells: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the cells, each unnamed one under the name before it."""
    last = ""
    for name, text in cells:
        last = name or last
        yield last, text


def _apart(cells: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the cells under names that differ: an unnamed one, or a second of the same name, gets a number."""
    seen: dict[str, int] = {}
    for name, text in cells:
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 and name else f"{name} ({seen[name]})".strip()), text


def _split(line: str) -> list[str]:
    return (
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|")
        else [cell.strip() for cell in line.split(" | ")]
    )


def _join_names(above: list[str], below: list[str]) -> list[str]:
    if len(below) == len(above) + 1:  # the first name below is that of the labels
        above = ["", *above]
    if above and len(below) % len(above) == 0:  # each name above stands over as many of those below
        above = [name for name in above for _ in range(len(below) // len(above))]
    if len(above) != len(below):
        return below
    above = [name for name, _below in _carried(list(zip(above, below, strict=True)))]
    return [f"{one} {two}".strip() if one != two else one for one, two in zip(above, below, strict=True)]


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    position = start
    for line in text[start:end].split("\n"):
        if line.strip():
            yield position, position + len(line)
        position += len(line) + 1


def _finish(draft: _Draft) -> Table | None:
    rows = draft.rows[:MAX_ROWS]
    if not rows:
        return None
    columns = list(dict.fromkeys(cell.column for row in rows for cell in row.cells))
    order = list(dict.fromkeys(name for name in draft.header if name in columns))
    columns = [*order, *(name for name in columns if name not in order)]
    label_column = ""
    if not any(row.label for row in rows) and columns:
        label_column = _label_column(columns, rows)
        rows = [_labelled(row, label_column) for row in rows]
    told = "\n".join([draft.title, *columns, *(row.section for row in rows[:3]), *(row.label for row in rows[:2])])
    scale = _SCALE.search(told)
    named = next((part.lower() for part in scale.groups() if part), "") if scale else ""
    return Table(
        title=draft.title,
        columns=tuple(columns),
        rows=tuple(rows),
        label_column=label_column,
        scale=_SCALES.get(named, named),
        is_whole=len(draft.rows) <= MAX_ROWS,
    )


def _label_column(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Return the column whose cells tell the rows apart: the first, or the next one of words where the first only numbers them."""
    first = columns[0]
    texts = [row.text_of(first) for row in rows]
    if all(read_number(text) is not None or is_blank(text) for text in texts) and not any(_YEAR.search(text) for text in texts):
        for column in columns[1:]:
            values = [row.text_of(column) for row in rows]
            if len(set(values)) > 0.8 * len(values) and sum(read_number(text) is None for text in values) > 0.8 * len(values):
                return column
    return first


def _labelled(row: Row, column: str) -> Row:
    return Row(label=row.text_of(column), cells=row.cells, page=row.page, start=row.start, end=row.end, section=row.section)
