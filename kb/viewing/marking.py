"""Marks a quote on a page: as rectangles over its image, or as stretches of its text. Everything stays plain text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kb.models import Page
from kb.viewing.boxes import covering, unpack

PADDING = 1.2  # points around the words, as a marker pen leaves
CELL = re.compile(r"\s*\|\s*|\t")
RULE = re.compile(r"[\s|:-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Characters `start` … `end` of a page's text; empty where nothing is to be marked."""

    start: int
    end: int

    @property
    def is_empty(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of text that is marked throughout or not at all."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedBlock:
    """A block of a page. A table has `rows` of cells, every other kind `segments`."""

    kind: str
    level: int = 0
    segments: tuple[Segment, ...] = ()
    rows: tuple[tuple[tuple[Segment, ...], ...], ...] = ()
    has_header: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """Where to draw, in points, written for SVG attributes: a decimal point in every language."""

    x: str
    y: str
    width: str
    height: str


def mark_boxes(page: Page, quote: Quote) -> tuple[Rectangle, ...]:
    """Return one rectangle for each line of the quote."""
    if quote.is_empty:
        return ()
    return tuple(
        Rectangle(
            x=f"{box.left - PADDING:.1f}",
            y=f"{box.top - PADDING:.1f}",
            width=f"{box.right - box.left + 2 * PADDING:.1f}",
            height=f"{box.bottom - box.top + 2 * PADDING:.1f}",
        )
        for box in covering(unpack(page.boxes), start=quote.start, end=quote.end)
    )


def mark_blocks(text: str, blocks: Sequence[dict[str, Any]], quote: Quote) -> tuple[MarkedBlock, ...]:
    """Return the whole text in reading order, block by block; what lies between the blocks is kept as paragraphs."""
    found: list[MarkedBlock] = []
    done = 0
    for block in sorted(blocks, key=lambda row: row["start"]):
        start, end = max(block["start"], done), block["end"]
        if end <= start:
            continue
        found += plain_blocks(text, done, start, quote)
        if block["kind"] == "table" and len(rows := tuple(table_rows(text, start, end, quote))) > 1:
            found.append(MarkedBlock(kind="table", rows=rows, has_header=bool(block.get("header_end"))))
        else:
            segments = tuple(cut_segments(text, start, end, quote))
            found.append(MarkedBlock(kind=block["kind"], level=min(int(block.get("level") or 2), 6), segments=segments))
        done = end
    return tuple(found + plain_blocks(text, done, len(text), quote))


def plain_blocks(text: str, start: int, end: int, quote: Quote) -> list[MarkedBlock]:
    """Return what no block claims as a paragraph, unless it is only white space."""
    if not text[start:end].strip():
        return []
    return [MarkedBlock(kind="paragraph", segments=tuple(cut_segments(text, start, end, quote)))]


def cut_segments(text: str, start: int, end: int, quote: Quote) -> Iterator[Segment]:
    """Yield `text[start:end]` cut where the quote begins and ends."""
    first, last = (min(max(edge, start), end) for edge in (quote.start, max(quote.start, quote.end)))
    for left, right, marked in ((start, first, False), (first, last, True), (last, end, False)):
        if right > left:
            yield Segment(text=text[left:right], marked=marked)


def table_rows(text: str, start: int, end: int, quote: Quote) -> Iterator[tuple[tuple[Segment, ...], ...]]:
    """Yield the rows of a table whose cells are parted by bars or tabs, without Markdown's rule under the header."""
    lines = [line for line in re.finditer(r"[^\n]+", text[start:end]) if not RULE.fullmatch(line.group())]
    # Bars at both edges of every row part nothing; else an empty first cell keeps its column.
    is_framed = all(line.group().strip().startswith("|") and line.group().strip().endswith("|") for line in lines)
    for line in lines:
        left, right = start + line.start(), start + line.end()
        edges = [(left + match.start(), left + match.end()) for match in CELL.finditer(line.group())]
        starts, ends = [left, *(edge[1] for edge in edges)], [*(edge[0] for edge in edges), right]
        cells = list(zip(starts, ends, strict=True))
        if is_framed:
            cells = cells[1:-1]
        if cells:
            yield tuple(tuple(cut_segments(text, first, max(first, last), quote)) for first, last in cells)
