"""Rows of a label and its value: "Owner | Ines", "Valid from | 2026-05-01". None of them names the columns of the others."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ingest.parsers.tables.names import MAX_HEADER_CHARACTERS, NUMBER, Cells, is_word

COLONS = (":", "：")
MAX_PAIRS = 12  # rows that are looked at
DATE = re.compile(r"\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2} [A-Za-z]{3,9} \d{4}")
ADDRESS = re.compile(r"\S+@\S+\.\w+|(?:https?://|www\.)\S+")


def is_labelled(cells: Cells) -> bool:
    """Tell whether a row is made of labels that end in a colon, each before its value, which may be blank."""
    are_labels = [text.endswith(COLONS) for _, text in cells]
    # Two values in a row: the second has no label.
    return len(cells) > 1 and are_labels[0] and not all(are_labels) and all(map(any, pairwise(are_labels)))


def may_be_pair(cells: Cells, first: Cells) -> bool:
    """Tell whether a row may be a label and its value, below another one in the same two columns."""
    columns = [column for column, _ in cells]
    is_alike = columns == [column for column, _ in first] and is_labelled(cells) == is_labelled(first)
    return len(cells) == 2 and is_alike and is_word(cells[0][1], MAX_HEADER_CHARACTERS)


def is_label_alone(cells: Cells, first: Cells) -> bool:
    """Tell whether a row may be a label whose value is blank, below a label and its value: or it is the title of what follows."""
    return len(cells) == 1 and cells[0][0] == first[0][0] and is_word(cells[0][1], MAX_HEADER_CHARACTERS)


def names_columns(rows: Sequence[Cells]) -> bool:
    """Tell whether rows of two cells below a title are a table of their own: values of one kind stand below a word."""
    kinds = [_kind_of(row[1][1]) for row in rows]
    return len(kinds) > 1 and kinds[0] == "text" and len(set(kinds[1:])) == 1 and kinds[1] != "text"


def are_pairs(rows: Sequence[Cells]) -> bool:
    """Tell whether rows of two cells are labels and values: what a column of a table holds is of one kind."""
    if len(rows) < 3:
        return False
    kinds = Counter(_kind_of(row[1][1]) for row in rows[1:])  # the first one might name the columns
    return len(kinds) > 1 and not {"date", "address"}.isdisjoint(kinds) and max(kinds.values()) < 0.75 * (len(rows) - 1)


def write_pairs(cells: Cells) -> str:
    """Return a row as "Name: Ines; Staff no.: 0417"; a label whose value is blank stands alone."""
    texts = [text for _, text in cells]
    parts: list[str] = []
    at = 0
    while at < len(texts):
        label, value = texts[at].rstrip("：:").rstrip(), texts[at + 1] if at + 1 < len(texts) else ""
        is_blank = not value or (value.endswith(COLONS) and texts[at].endswith(COLONS))
        parts.append(label if is_blank else f"{label}: {value}")
        at += 1 if is_blank else 2
    return "; ".join(parts)


def _kind_of(text: str) -> str:
    if DATE.fullmatch(text):
        return "date"
    if ADDRESS.fullmatch(text):
        return "address"
    return "number" if NUMBER.match(text) else "text"
