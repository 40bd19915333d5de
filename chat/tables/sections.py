"""Read records that stand in sections: the heading "Project Harbour", then "Lead: Ana. Site: Leeds. Status: closed."."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from chat.tables.grid import Cell, Row, Table
from chat.tables.page_tables import PageText

_FIELD = re.compile(
    r"(?:^|(?<=[.;。；\n])\s*|(?<=\*\*)\s*|[-*•]\s+)\**(?P<name>[^\W\d_][^:：.;。；\n*]{0,40}?)\**\s?[:：]\**\s*(?P<value>[^\n;；。]+?)\**(?=\.(?:\s|$)|[;；。\n]|$)"
)
_LEAST_RECORDS, _LEAST_FIELDS = 3, 2
_SHARE = 0.8  # of the sections that have a field, so that it is one of the records'


def read_sections(pages: Sequence[PageText]) -> list[Table]:
    """Return the records of a document's sections, one table for each heading that they stand below."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row, above in _records(pages):
        found.setdefault(above, []).append(row)
    return [table for above, rows in found.items() if (table := _table(above, rows)) is not None]


def _records(pages: Sequence[PageText]) -> Iterator[tuple[Row, tuple[str, ...]]]:
    for page in pages:
        for block in page.blocks:
            path = tuple(block.get("heading_path", ()))
            if block["kind"] not in ("paragraph", "list") or not path:
                continue
            text = page.text[block["start"] : block["end"]]
            fields = [(match["name"].strip(), match["value"].strip()) for match in _FIELD.finditer(text)]
            if len(fields) >= _LEAST_FIELDS:
                cells = tuple(Cell(column=name, text=value) for name, value in dict(fields).items())
                yield Row(label=path[-1], cells=cells, page=page.id, start=block["start"], end=block["end"]), path[:-1]


def _table(above: tuple[str, ...], rows: list[Row]) -> Table | None:
    if len(rows) < _LEAST_RECORDS or len({row.label for row in rows}) < len(rows):
        return None
    counts = Counter(cell.column for row in rows for cell in row.cells)
    columns = tuple(name for name, count in counts.items() if count >= _SHARE * len(rows))
    if len(columns) < _LEAST_FIELDS:
        return None
    return Table(title="\n".join(above), columns=columns, rows=tuple(rows))
