"""Quotations: sentences and rows taken from the evidence by their place, and their wording.

Only this module makes a quotation, from a passage and a position in it. A model's text never becomes one, so no model can claim
that its words stand in a document.
"""

import re
from dataclasses import dataclass

from chat.verify.markers import without_markers
from chat.verify.windows import Passage
from language.scripts.script import is_chinese

_LONGEST_LEAD = 160  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A sentence of the evidence; its offsets are into the text of the evidence that has this marker and chunk."""

    marker: int
    chunk_id: int
    start: int
    end: int
    text: str  # as it is shown
    prefix: str = ""  # white space or list marker before it in the answer
    is_led: bool = True  # what introduces it stands in `text`, where it hangs on something
    block: tuple[int, int] | None = None  # of the sentences of this passage that are quoted with it: cited as one; None: it alone

    @property
    def marked(self) -> str:
        return f"{self.text} [{self.marker}]"


def take(
    passage: Passage, position: int, *, prefix: str = "", is_led: bool = True, block: tuple[int, int] | None = None
) -> Quotation:
    """Return the sentence at a position of a passage as a quotation.

    Args:
        block: the first and last position in the passage of what is quoted together.
    """
    evidence, sentence = passage.evidence, passage.sentences[position]
    return Quotation(
        marker=evidence.marker,
        chunk_id=evidence.chunk_id,
        start=sentence.start,
        end=sentence.end,
        text=word_place(passage, position, is_led=is_led),
        prefix=prefix,
        is_led=is_led,
        block=(passage.sentences[block[0]].start, passage.sentences[block[1]].end) if block else None,
    )


def word_place(passage: Passage, position: int, *, is_led: bool = True) -> str:
    """Return the sentence as one line; a row with its table's header, a list item with what introduces it. The document's own
    reference numbers ("[3]") are removed: beside ours they would point to the wrong source.

    Args:
        is_led: False where what introduces the item is quoted before it.
    """
    sentence = passage.sentences[position]
    text = _one_line(passage.evidence.text[sentence.start : sentence.end])
    if sentence.is_row:
        text = _row(sentence.header, text)
    elif is_led and sentence.lead and len(sentence.lead) <= _LONGEST_LEAD:
        text = f"{sentence.lead} {text}"
    return without_markers(text)


def _row(header: str, row: str) -> str:
    """Return "Grade: Manager; Limit: $500"; the bare cells where header and row do not match."""
    names, cells = _cells(header), _cells(row)
    if len(names) != len(cells):
        names, cells = _without_edges(names), _without_edges(cells)
    if len(names) != len(cells):
        return "; ".join(cell for cell in cells if cell)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell)


def _cells(row: str) -> list[str]:
    """Return the cells, including empty ones: the first of a header often is."""
    return [cell.strip() for cell in row.split("|")]


def _without_edges(cells: list[str]) -> list[str]:
    """Remove the empty cells outside the bars at a row's edges; one of two rows may have them."""
    return cells[1 if cells and not cells[0] else 0 : -1 if len(cells) > 1 and not cells[-1] else None]


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", "" if is_chinese(text) else " ", text).strip()
