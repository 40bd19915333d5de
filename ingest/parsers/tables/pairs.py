"""Rows of a label and its value: "Owner | Ines", "Valid from | 2026-05-01". None of them names the columns of the others."""

import re
from collections import Counter
from collections.abc import Sequence

from ingest.parsers.tables.names import MAX_HEADER_CHARACTERS, NUMBER, Cells, is_word

COLONS = (":", "：")
MAX_PAIRS = 12  # rows that are looked at
DATE = re.compile(r"\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2} [A-Za-z]{3,9} \d{4}")
ADDRESS = re.compile(r"\S+@\S+\.\w+|(?:https?://|www\.)\S+")


def is_labelled(cells: Cells) -> bool:
    """Tell whether a row is made of labels that end in a colon, each before its value."""
    texts = [text for _, text in cells]
    return (
        len(texts) > 1
        and len(texts) % 2 == 0
        and all(label.endswith(COLONS) and not value.endswith(COLONS) for label, value in zip(texts[::2], texts[1::2], strict=True))
    )


def may_be_pair(cells: Cells, first: Cells) -> bool:
    """Tell whether a row may be a label and its value, below another one in the same two columns."""
    columns = [column for column, _ in cells]
    is_alike = columns == [column for column, _ in first] and is_labelled(cells) == is_labelled(first)
    return len(cells) == 2 and is_alike and is_word(cells[0][1], MAX_HEADER_CHARACTERS)


def are_pairs(rows: Sequence[Cells]) -> bool:
    """Tell whether rows of two cells are labels and values: what a column of a table holds is of one kind."""
    if len(rows) < 3:
        return False
    kinds = Counter(_kind_of(row[1][1]) for row in rows[1:])  # the first one might name the columns
    return len(kinds) > 1 and not {"date", "address"}.isdisjoint(kinds) and max(kinds.values()) < 0.75 * (len(rows) - 1)


def write_pairs(cells: Cells) -> str:
    """Return a row as "Name: Ines; Staff no.: 0417"."""
    texts = [text for _, text in cells]
    return "; ".join(f"{label.rstrip('：:').rstrip()}: {value}" for label, value in zip(texts[::2], texts[1::2], strict=True))


def _kind_of(text: str) -> str:
    if DATE.fullmatch(text):
        return "date"
    if ADDRESS.fullmatch(text):
        return "address"
    return "number" if NUMBER.match(text) else "text"
