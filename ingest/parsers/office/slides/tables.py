"""Tables of slides, with merged cells and names above names, by the one way in which all formats lay out their tables."""

from collections.abc import Callable
from typing import Any

from ingest.parsers.office.slides.text import words_of
from ingest.parsers.office.word.names import A
from ingest.parsers.tables.cells import Cell
from ingest.parsers.tables.grid import Table, lay_out
from ingest.parsers.tables.heads import are_labels


def read_table(table: Any, text_of: Callable[[Any], str]) -> Table:
    """Return a table of a slide. `text_of`: gives the text of a cell."""
    rows: list[list[Cell]] = []
    for row in table.rows:
        rows.append([])
        for cell in row.cells:
            if cell.is_spanned:
                continue
            columns, rows_down = (cell.span_width, cell.span_height) if cell.is_merge_origin else (1, 1)
            rows[-1].append(Cell(text=text_of(cell), columns=columns, rows=rows_down, is_strong=_is_strong(cell)))
    has_names = bool(table.first_row) and len(rows) > 1 and not are_labels([[cell.text for cell in row] for row in rows])
    return lay_out(rows, names=int(has_names), is_certain=True)


def _is_strong(cell: Any) -> bool:
    runs = [run for run in cell._tc.iter(f"{A}r") if words_of(run).strip()]
    return bool(runs) and all(
        (properties := run.find(f"{A}rPr")) is not None and properties.get("b") in ("1", "true") for run in runs
    )
