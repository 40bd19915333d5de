"""What a table is made of, and how a line of text falls into cells."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingest.parsers.pdf.page import Line, Word

BULLET = re.compile(
    r"^(?:[•●▪◦‣·■□–—*-]|[(（]?\d{1,3}[.)）]|\(?[a-z][.)]|\([ivx]{1,4}\)|[（(][一二三四五六七八九十]{1,3}[)）]|\d{1,2}、)$"
)
NUMERIC = re.compile(r"^[-–—$€£¥(]*\d[\d,.]*\)?%?\)?$|^[-–—]+%?$")
YEAR = re.compile(r"^(?:19|20)\d\d[,:]?$")
MONTH = re.compile(r"^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?$", re.IGNORECASE)
OPENERS, CLOSERS = frozenset("$€£¥("), frozenset((")", "%", ")%"))


class Fragment(NamedTuple):
    """A line of text within a cell. `hyphenated`: the break alone put a hyphen there, and it is gone already."""

    words: list[Word]
    hyphenated: bool = False


Cell = list[Fragment]


@dataclass(slots=True)
class Table:
    """Rows of cells, and how many rows at the top name the columns. `is_bold`: the first row is in bold print.

    `is_drawn`: rules or shades show its rows; where only gaps do, a text alone on its row may be the first line of the next one.
    `titles`: what stands above the names of the columns, over all of them. `is_labelled`: two columns, each row begins in bold
    print and does not end in it.
    """

    rows: list[list[Cell]]
    header_rows: int
    is_bold: bool = False
    is_drawn: bool = False
    titles: Sequence[Cell] = ()
    is_labelled: bool = False


def text_of(cell: Cell) -> str:
    """Return the words of a cell on one line."""
    return " ".join(word.text for fragment in cell for word in fragment.words)


def texts_of(table: Table) -> list[list[str]]:
    """Return the words of all cells, row by row."""
    return [[text_of(cell) for cell in row] for row in table.rows]


def is_cell_gap(before: Word, word: Word, size: float) -> bool:
    """Tell whether a column ends between two neighbouring words; a currency sign or closing bracket stays with its number."""
    least = 0.4 if word.text[0] in OPENERS and word.text != "(" and NUMERIC.match(before.text) else 1.1
    return word.left - before.right > least * size and before.text not in OPENERS and word.text not in CLOSERS


def split_cells(row: Line) -> list[list[Word]]:
    """Return the words of each cell, spaced as they are to be written."""
    cells: list[list[Word]] = [[row.words[0]]]
    for before, word in itertools.pairwise(row.words):
        if is_cell_gap(before, word, row.size):
            cells.append([word])
            continue
        joined = before.text in OPENERS or word.text in CLOSERS
        spaced = not joined and (word.spaced or word.left - before.right > 0.2 * row.size)
        if spaced != word.spaced:
            word = Word(word.text, word.left, word.top, word.right, word.bottom, spaced, word.turn)
        cells[-1].append(word)
    return cells


def count_cells(row: Line) -> int:
    """Cells in a row; a bullet or number before a text is none of its own."""
    words = row.words[1:] if BULLET.match(row.words[0].text) and len(row.words) > 1 else row.words
    return 1 + sum(is_cell_gap(before, word, row.size) for before, word in itertools.pairwise(words))


def has_figures(row: Line) -> bool:
    """Tell whether a row holds a figure that is no part of a date, its first word aside."""
    return any(
        NUMERIC.match(word.text) and not YEAR.match(word.text) and not MONTH.match(before.text)
        for before, word in itertools.pairwise(row.words)
    )


def header_rows(rows: list[Line]) -> int:
    """Rows at a table's top that name its columns: no figure in their cells but dates; 0 where the first row has one."""
    for position, row in enumerate(rows[:4]):
        if has_figures(row) or (position and count_cells(row) == 1):
            return position
    return 0 if len(rows) <= 4 else 1
