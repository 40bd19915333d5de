"""Tables that are drawn with rules: the words within a grid, put together to rows of whole cells."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.parsers.pdf.page import Line, Word
from ingest.parsers.pdf.tables.cells import Cell, Fragment, Table
from ingest.parsers.pdf.tables.merged import Merged
from ingest.parsers.pdf.tables.rules import Grid

MAX_CELL_WORDS = 250  # a "cell" with more is a column of a page, not of a table


def take_ruled(lines: list[Line], grids: Sequence[Grid]) -> list[Line | Table]:
    """Return the lines with those inside of ruled tables put together to tables, in reading order."""
    if not grids:
        return list(lines)
    builders = [_Ruled(grid) for grid in grids]
    items: list[Line | _Ruled] = []
    for line in lines:
        if line.apart:
            items.append(line)
            continue
        rest: list[Word] = []
        taken: dict[int, list[tuple[tuple[int, int], Word]]] = {}
        for word in line.words:
            x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
            for number, builder in enumerate(builders):
                if place := builder.grid.cell_at(x, y):
                    taken.setdefault(number, []).append((place, word))
                    break
            else:
                rest.append(word)
        for number, words in taken.items():
            if not builders[number].lines:
                items.append(builders[number])
            builders[number].add(line, words)
        if rest:
            items.append(line if not taken else Line(rest, bold=line.bold, hyphenated=line.hyphenated))
    found: list[Line | Table] = []
    for item in items:
        if isinstance(item, Line):
            found.append(item)
        elif table := item.build():
            found.append(table)
        else:
            found += item.lines
    return found


@dataclass(slots=True)
class _Ruled:
    """Collects the words of one ruled table."""

    grid: Grid
    lines: list[Line] = field(default_factory=list)
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    plain_rows: set[int] = field(default_factory=set)  # those that are not bold throughout
    mixed_rows: set[int] = field(default_factory=set)  # those that begin in bold print and do not end in it

    def add(self, line: Line, words: list[tuple[tuple[int, int], Word]]) -> None:
        self.lines.append(Line([word for _, word in words], bold=line.bold, hyphenated=line.hyphenated))
        for place, group in itertools.groupby(words, key=lambda entry: entry[0]):
            self._put(place, Fragment([word for _, word in group], line.hyphenated and words[-1][0] == place))
            if not line.bold:
                self.plain_rows.add(place[0])
            if line.is_mixed:
                self.mixed_rows.add(place[0])

    def _put(self, place: tuple[int, int], fragment: Fragment) -> None:
        cell = self.cells.setdefault(place, [])
        first = fragment.words[0]
        if cell and _on_one_line(cell[-1].words[-1], first) and first.left >= cell[-1].words[-1].right - 1:
            spaced = Word(first.text, first.left, first.top, first.right, first.bottom, True, first.turn)
            cell[-1] = Fragment([*cell[-1].words, spaced, *fragment.words[1:]], fragment.hyphenated)
        else:
            cell.append(fragment)

    def build(self) -> Table | None:
        """Return the table; None where what the rules enclose is not one."""
        rows = sorted({row for row, _ in self.cells})
        self._reach_down(rows)
        columns = sorted({column for _, column in self.cells})
        longest = max(sum(len(fragment.words) for fragment in cell) for cell in self.cells.values())
        if len(rows) < 2 or len(columns) < 2 or longest > MAX_CELL_WORDS:
            return None
        is_labelled = len(columns) == 2 and self.mixed_rows.issuperset(rows)
        merged = Merged(
            rows=[[self._cell(row, column) for column in columns] for row in rows],
            reaches=[[len(self.grid.columns_from(row, column, columns)) for column in columns] for row in rows],
            is_plain=[row in self.plain_rows for row in rows],
        )
        first = merged.titles()
        depth = merged.head(first)
        names = merged.names(first, depth)
        body = merged.body(first + depth) if depth else merged.rows[first:]
        titles = [row[0] for row in merged.rows[:first]]
        is_bold = not merged.is_plain[first]
        return Table([*names, *body], len(names), is_bold=is_bold, is_drawn=True, titles=titles, is_labelled=is_labelled)

    def _reach_down(self, rows: list[int]) -> None:
        """Give the text of a cell that reaches over several rows to each of them, wherever in it the text stands."""
        for row, column in sorted(self.cells):
            reach = self.grid.rows_from(row, column)
            holding = [other for other in reach if (other, column) in self.cells]
            if len(reach) < 2 or row != holding[0]:
                continue
            text = [fragment for other in holding for fragment in self._cell(other, column)]
            if len(holding) == 1 or _is_one_text(text):
                self.cells.update({(other, column): text for other in reach if other in rows})

    def _cell(self, row: int, column: int) -> Cell:
        return sorted(self.cells.get((row, column), []), key=lambda fragment: round(fragment.words[0].top))


def _on_one_line(a: Word, b: Word) -> bool:
    return min(a.bottom, b.bottom) - max(a.top, b.top) > 0.6 * min(a.bottom - a.top, b.bottom - b.top)


def _is_one_text(text: list[Fragment]) -> bool:
    """Tell whether lines follow each other as closely as those of a paragraph."""
    lines = [fragment.words[0] for fragment in text]
    return all(below.top - above.bottom < 0.4 * (above.bottom - above.top) for above, below in itertools.pairwise(lines))
