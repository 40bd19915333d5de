"""Rows of a spreadsheet or a CSV file as text: each is readable by itself, "Header: value; Header: value".

Rows between blank ones form a group. Its first row is its header where it looks like one; a group without a header of its
own goes on under the one before. A row of one cell above a header is a heading.
"""

from collections.abc import Iterator, Mapping, Sequence

from ingest.parsers.content import ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.refusal import Refusal
from ingest.parsers.tables.names import MAX_HEADER_CHARACTERS, NUMBER, YEAR_OR_DATE, Cells, is_word, join_names, may_be_two_names
from ingest.parsers.tables.nesting import BESIDE, NUMBERING, TOTAL
from ingest.parsers.tables.outline import Outline
from ingest.parsers.tables.pairs import MAX_PAIRS, are_pairs, is_label_alone, is_labelled, may_be_pair, names_columns, write_pairs

MAX_HEADING_CHARACTERS = 160
MAX_COLUMNS = 16_384  # as many as Excel has
MAX_LONE_CHARACTERS = 2000  # of a remark below a table
BLOCK_CHARACTERS = 4000
Notes = Mapping[int, str]  # by column from 0


class Rows:
    """Takes rows one by one and puts them into the flow; holds one row back to see what follows it."""

    def __init__(self, flow: Flow, *, level: int = 2) -> None:
        self.flow, self.level = flow, level
        self.header: dict[int, str] = {}
        self._repeat = 0  # columns after which the names begin anew, where several tables stand side by side under the same names
        self._above: Cells = []  # the row that rows without a text in the first column belong to
        self._head: Cells = []  # the last row with a text in the first column
        self._section = ""  # the name of the part of the table that the row stands in
        self._has_rows = self._has_sections = False  # below these names
        self._held: Cells = []
        self._held_notes: Notes = {}
        self._pairs: list[tuple[Cells, Notes]] = []  # rows at the start of a group that may be labels and values
        self._paired: Cells = []  # the first of the labels and values above, where such stand there
        self._upper: Cells = []  # names above the row that is held, which may be names too
        self._upper_notes: Notes = {}
        self._is_start = True
        self._is_titled = False  # a title of its own stands above the group
        self._outline = Outline()
        self._lines: list[str] = []
        self._length = 0
        self._kind = ""

    def add(
        self, row: Sequence[str], *, notes: Notes | None = None, indent: int = 0, is_label: bool = False
    ) -> Iterator[ParsedPage]:
        """Add a row of cleaned cells.

        `notes`: on cells of the row. `indent`: of its first text. `is_label`: that stands out beside its value, as a label does.
        Raises: Refusal: too_wide.
        """
        if len(row) > MAX_COLUMNS:
            raise Refusal("too_wide", f"{len(row)} columns")
        cells = [(column, text) for column, text in enumerate(row) if text]
        notes = notes or {}
        if cells and self._is_start and not self._held and not self._pairs:
            self._outline.begin(cells[0][0])
        elif cells:
            cells = [(cells[0][0], self._outline.name(cells[0][1], column=cells[0][0], indent=indent)), *cells[1:]]
        if is_label and len(cells) == 2 and self._goes_with_labels(cells):
            cells = [(cells[0][0], cells[0][1].rstrip(":：") + ":"), cells[1]]  # as others write a label
        if self._pairs:
            first = self._paired or self._pairs[0][0]
            if len(self._pairs) < MAX_PAIRS and (may_be_pair(cells, first) or is_label_alone(cells, first)):
                self._pairs.append((cells, notes))
                return
            yield from self._end_pairs()
        if self._paired and may_be_pair(cells, self._paired):
            yield from self._pair(cells, notes)
            return
        if self._paired and is_label_alone(cells, self._paired):
            self._pairs = [(cells, notes)]  # what follows says whether its value is blank
            return
        self._paired = []
        if self._is_pair(cells):
            yield from self._settle(cells)
            self._pairs = [(cells, notes)]
            return
        yield from self._add(cells, notes)

    def _goes_with_labels(self, cells: Cells) -> bool:
        """Tell whether labels that stand out may begin here, or have begun above."""
        if self._paired or self._pairs:
            return is_labelled(self._paired or self._pairs[0][0])
        return self._is_pair(cells)

    def _is_pair(self, cells: Cells) -> bool:
        """Tell whether labels and values may begin here."""
        is_free = self._is_start and (not self._held or len(self._held) == 1) and not self._upper
        return is_free and may_be_pair(cells, cells) and {column for column, _ in cells} != set(self.header)

    def _end_pairs(self) -> Iterator[ParsedPage]:
        """Say what the rows are that are held back: labels, with or without a value. A title above other rows ends them."""
        rows, self._pairs = self._pairs, []
        end = _end_of_pairs([row for row, _ in rows])
        cells = [row for row, _ in rows[:end] if len(row) > 1]
        if cells and (self._paired or is_labelled(cells[0]) or are_pairs(cells)):
            if not self._paired:
                yield from self._flush()
                self.header, self._is_titled, self._paired = {}, False, cells[0]
            for row, notes in rows[:end]:
                yield from self._pair(row, notes)
            rows = rows[end:]
        if rows:
            self._paired = []
        for row, notes in rows:
            yield from self._add(row, notes)

    def _pair(self, cells: Cells, notes: Notes) -> Iterator[ParsedPage]:
        yield from self._line("list", "; ".join([write_pairs(cells), *(f"Note: {text}" for text in notes.values())]))

    def _add(self, cells: Cells, notes: Notes) -> Iterator[ParsedPage]:
        if self._held and not self._upper and may_be_two_names(self._held, cells):
            self._upper, self._upper_notes, self._held, self._held_notes = self._held, self._held_notes, cells, notes
            return
        yield from self._settle(cells)
        if not cells:
            yield from self._flush()
            yield from self._loose(notes)
            self._is_start, self._section, self._above, self._head = True, "", [], []
        elif self._is_start:
            self._held, self._held_notes = cells, notes
        else:
            yield from self._row(cells, notes)

    def finish(self) -> Iterator[ParsedPage]:
        """Put what is left into the flow. The next row begins a table of its own."""
        yield from self._end_pairs()
        yield from self._settle([])
        yield from self._flush()
        self.header, self._held, self._is_start = {}, [], True
        self._repeat, self._section, self._above, self._head = 0, "", [], []

    def _settle(self, below: Cells) -> Iterator[ParsedPage]:
        """Say what the rows are that are held back. `below`: the row that follows them."""
        upper, held, notes = self._upper, self._held, self._held_notes
        self._upper = []
        if upper and any(NUMBER.match(dict(below).get(column, "")) for column, _ in held):
            held, upper = join_names(upper, held), []
            self._held_notes = {**self._upper_notes, **notes}
        if upper:
            self._held_notes = self._upper_notes
            yield from self._decide(upper, held)
            yield from self._row(held, notes)
        elif held:
            yield from self._decide(held, below)
        self._held = []

    def _decide(self, first: Cells, second: Cells) -> Iterator[ParsedPage]:
        """Say what the first row of a group is, now that the one below it is known."""
        if len(first) == 1 and len(second) > 1 and is_word(first[0][1], MAX_HEADING_CHARACTERS):
            yield from self._flush()
            yield from self.flow.add("heading", first[0][1], level=self.level)
            yield from self._loose(self._held_notes)
            self._is_titled = True
            return  # the header may be in the next row
        if self.header and len(self.header) > 1 and len(first) == 1 and len(second) < 2 and not self._is_of_table(first):
            yield from self._remark(first)
            return  # and so may be the next row
        self._is_start, self._above, self._head = False, [], []
        is_other, self._is_titled = self._is_titled and self._names_others(first), False
        opens_part = (
            len(second) == 1 and len(first) > 2 and second[0][0] == first[0][0] and is_word(second[0][1], MAX_HEADER_CHARACTERS)
        )
        if _is_header(first, second, is_certain=not self.header or is_other, opens_part=opens_part):
            yield from self._flush()
            self.header, self._repeat = dict(first), _period(first)
            self._has_rows = self._has_sections = False
            yield from self.flow.add("table", " | ".join(self.header.values()))  # names of empty columns are words too
            yield from self._loose(self._held_notes)
        else:
            if self.header and not set(self.header) & {column for column, _ in first}:
                self.header, self._repeat = {}, 0  # another table, elsewhere on the sheet
            yield from self._row(first, self._held_notes)

    def _is_of_table(self, cells: Cells) -> bool:
        """Tell whether a text alone behind a table is a row of it all the same: a number, or a total."""
        return not is_word(cells[0][1], MAX_LONE_CHARACTERS) or bool(TOTAL.match(cells[0][1]))

    def _remark(self, cells: Cells) -> Iterator[ParsedPage]:
        """Put a text that stands alone below a table and a blank row into the flow: a remark on it, or on what follows."""
        yield from self._line("paragraph", "; ".join([cells[0][1], *(f"Note: {text}" for text in self._held_notes.values())]))

    def _names_others(self, first: Cells) -> bool:
        """Tell whether a row below a title begins another table: it has other columns, or repeats names of the one before."""
        names = set(self.header.values())
        return {column for column, _ in first} != set(self.header) or any(text in names for _, text in first)

    def _row(self, cells: Cells, notes: Notes) -> Iterator[ParsedPage]:
        if is_labelled(cells):
            yield from self._pair(cells, notes)
            return
        if not self.header:
            said = [*(text for _, text in cells), *(f"Note: {text}" for text in notes.values())]
            yield from self._line("table" if len(cells) > 1 else "paragraph", " | ".join(said))
            return
        cells = self._under(cells)
        self._has_rows = True
        for group in self._side_by_side(cells):
            own = {column: text for column, text in notes.items() if self._stands_beside(column, group)}
            parts = [f"{self.header[column]}: {text}" if column in self.header else text for column, text in group]
            yield from self._line("list", "; ".join([*parts, *map(self._noted, own.items())]))

    def _line(self, kind: str, line: str) -> Iterator[ParsedPage]:
        if self._lines and (kind != self._kind or self._length + len(line) > BLOCK_CHARACTERS):
            yield from self._flush()
        self._kind = kind
        self._lines.append(line)
        self._length += len(line) + 1

    def _loose(self, notes: Notes) -> Iterator[ParsedPage]:
        """Put notes on a heading, a name of a column or an empty cell into the flow."""
        for note in notes.items():
            yield from self.flow.add("paragraph", self._noted(note))

    def _noted(self, note: tuple[int, str]) -> str:
        name = self.header.get(note[0], "")
        return f"Note on {name}: {note[1]}" if name else f"Note: {note[1]}"

    def _under(self, cells: Cells) -> Cells:
        """Return the cells with the name of the row that they belong to: "Work: Hand drilling > Drill rods".

        A row that begins with a number, or that is alone in its first column, is the head of those below it that have nothing
        there, and so is one that fills only columns which these leave empty: "B-17" above the items of the order. A total belongs
        to no row.
        """
        first = min(self.header)
        if cells[0][0] == first:
            self._head = cells
            name = next(
                ((column, text) for column, text in cells[1:] if column in self.header and is_word(text, MAX_HEADING_CHARACTERS)),
                None,
            )
            is_alone = len(cells) == 1 and len(self.header) > 1 and is_word(cells[0][1], MAX_HEADER_CHARACTERS)
            is_numbered = name is not None and bool(NUMBERING.match(cells[0][1]))
            self._above = [cells[0]] if is_alone else [name] if is_numbered and name else []
            return self._in_section(cells, is_alone=is_alone)
        if cells[0][0] < first or any(TOTAL.match(text) for _, text in cells):
            self._above, self._head = [], []
            return cells
        if not self._above:
            is_apart = len(self._head) > 1 and not {column for column, _ in self._head} & {column for column, _ in cells}
            return [self._head[0], *cells] if is_apart and not TOTAL.match(self._head[0][1]) else cells
        column, name_above = self._above[0]
        if column in dict(cells):
            return [(place, f"{name_above}{BESIDE}{text}" if place == column else text) for place, text in cells]
        return sorted([(column, name_above), *cells])

    def _in_section(self, cells: Cells, *, is_alone: bool) -> Cells:
        """Return a row with the name of its part of the table. A text alone right below the names begins the first part."""
        first, text = cells[0]
        if TOTAL.match(text):
            self._section = ""
            return cells
        if is_alone and len(self.header) > 2 and (self._has_sections or not self._has_rows):
            self._section, self._has_sections = text, True
        elif self._section and not is_alone and not text.startswith(f"{self._section}{BESIDE}"):
            return [(first, f"{self._section}{BESIDE}{text}"), *cells[1:]]
        return cells

    def _stands_beside(self, column: int, group: Cells) -> bool:
        return not self._repeat or self._table_of(column) == self._table_of(group[0][0])

    def _table_of(self, column: int) -> int:
        return (column - min(self.header)) // self._repeat

    def _side_by_side(self, cells: Cells) -> list[Cells]:
        if not self._repeat:
            return [cells]
        groups: dict[int, Cells] = {}
        for column, text in cells:
            groups.setdefault(self._table_of(column), []).append((column, text))
        return list(groups.values())

    def _flush(self) -> Iterator[ParsedPage]:
        lines, self._lines, self._length = self._lines, [], 0
        if lines:
            yield from self.flow.add(self._kind, "\n".join(lines))


def _end_of_pairs(rows: Sequence[Cells]) -> int:
    """Return before which row labels and values end: before texts alone at the end, or before the title of a table."""
    alone = [number for number, row in enumerate(rows) if len(row) == 1]
    for number, following in zip(alone, [*alone[1:], len(rows)], strict=False):
        if all(len(row) == 1 for row in rows[number:]) or names_columns(rows[number + 1 : following]):
            return number
    return len(rows)


def _period(header: Cells) -> int:
    """Return after how many columns the names of a header begin anew, 0 where they do not."""
    columns, names = [column for column, _ in header], [text for _, text in header]
    size = names.index(names[0], 1) if names[0] in names[1:] else 0
    if not size or len(names) % size or size < 2:
        return 0
    is_whole = names == names[:size] * (len(names) // size) and columns == list(range(columns[0], columns[0] + len(columns)))
    return size if is_whole else 0


def _is_header(first: Cells, second: Cells, *, is_certain: bool, opens_part: bool = False) -> bool:
    """True where the first row names the columns of those below.

    Names are short and no numbers; years and dates may be names where no year or date stands below them. They differ, unless
    numbers stand below them or all of them begin anew (plan, actual, plan, actual).
    `is_certain`: words above words are a header too; else one shows only by the numbers below it. `opens_part`: the second row is
    the name of a part of the table, so that years say no more than words.
    """
    below = dict(second)
    texts = [text for _, text in first]
    repeats = len(set(texts)) < len(texts)
    if len(first) < 2 or (repeats and len(set(texts)) < 2) or not set(below) & {column for column, _ in first}:
        return False
    contrast = False
    if is_labelled(first):
        return False
    for column, text in first:
        under = below.get(column, "")
        if YEAR_OR_DATE.match(text):
            if YEAR_OR_DATE.match(under):
                return False
        elif not is_word(text, MAX_HEADER_CHARACTERS):
            return False
        contrast = contrast or bool(NUMBER.match(under))
    is_dated = any(YEAR_OR_DATE.match(text) for text in texts)
    return contrast or (is_certain and (not is_dated or opens_part) and (not repeats or bool(_period(first))))
