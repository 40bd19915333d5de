"""Two versions of a document beside each other: their texts paragraph by paragraph, with what differs marked word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal

from kb.models import DocumentVersion, Page
from kb.viewing.marking import Segment

MOST_PARAGRAPHS = 20_000  # of a version; of a longer one the first are compared
CONTEXT = 2  # unchanged paragraphs shown around a change
MOST_WORDS = 2000  # of a paragraph; a longer one is marked whole
WORD = re.compile(r"[一-鿿぀-ヿ]|\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch of a page's text."""

    page: int  # Page.number
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the comparison. "gap": `count` paragraphs are the same in both; the others have a side, or two."""

    kind: Literal["same", "changed", "removed", "added", "gap"]
    old: tuple[Segment, ...] = ()
    new: tuple[Segment, ...] = ()
    old_page: int = 0
    new_page: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    rows: tuple[Row, ...]
    changes: int  # rows that are no "same" and no "gap"
    is_cut: bool  # a version is longer than what was compared


def compare_versions(old: DocumentVersion, new: DocumentVersion) -> Comparison:
    """Return what differs between two versions, in the order of the newer one."""
    before, after = (_paragraphs(version) for version in (old, new))
    is_cut = max(len(before), len(after)) > MOST_PARAGRAPHS
    rows = list(_rows(before[:MOST_PARAGRAPHS], after[:MOST_PARAGRAPHS]))
    changes = sum(row.kind not in ("same", "gap") for row in rows)
    return Comparison(rows=tuple(rows), changes=changes, is_cut=is_cut)


def _paragraphs(version: DocumentVersion) -> list[Paragraph]:
    """Return the paragraphs of a version, tables row by row."""
    found: list[Paragraph] = []
    for page in Page.objects.filter(version=version).only("number", "text").order_by("number").iterator(chunk_size=100):
        lines = (" ".join(line.split()) for line in page.text.split("\n"))
        found += [Paragraph(page.number, line) for line in lines if line]
        if len(found) > MOST_PARAGRAPHS:
            break
    return found


def _rows(before: Sequence[Paragraph], after: Sequence[Paragraph]) -> Iterator[Row]:
    matcher = SequenceMatcher(None, [one.text for one in before], [one.text for one in after])
    opcodes = matcher.get_opcodes()
    for at, (kind, first, last, start, end) in enumerate(opcodes):
        if kind == "equal":
            yield from _unchanged(before[first:last], after[start:end], is_first=at == 0, is_last=at == len(opcodes) - 1)
            continue
        for one, other in zip_longest(before[first:last], after[start:end]):
            yield _changed(one, other)


def _unchanged(before: Sequence[Paragraph], after: Sequence[Paragraph], *, is_first: bool, is_last: bool) -> Iterator[Row]:
    """Yield the paragraphs next to a change, and a gap for those between."""
    head, tail = 0 if is_first else CONTEXT, 0 if is_last else CONTEXT
    left_out = len(before) - head - tail
    for at, (one, other) in enumerate(zip(before, after, strict=True)):
        if left_out > 1 and head <= at < len(before) - tail:
            if at == head:
                yield Row(kind="gap", count=left_out)
            continue
        text = (Segment(text=one.text, marked=False),)
        yield Row(kind="same", old=text, new=text, old_page=one.page, new_page=other.page)


def _changed(old: Paragraph | None, new: Paragraph | None) -> Row:
    if new is None:
        return Row(kind="removed", old=_whole(old.text), old_page=old.page) if old is not None else Row(kind="gap")
    if old is None:
        return Row(kind="added", new=_whole(new.text), new_page=new.page)
    marked_old, marked_new = _mark(old.text, new.text)
    return Row(kind="changed", old=marked_old, new=marked_new, old_page=old.page, new_page=new.page)


def _mark(old: str, new: str) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Return both texts with the words marked that the other has not."""
    first, second = WORD.findall(old), WORD.findall(new)
    if max(len(first), len(second)) > MOST_WORDS:
        return _whole(old), _whole(new)
    left: list[Segment] = []
    right: list[Segment] = []
    for kind, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        _add(left, "".join(first[a:b]), is_marked=kind != "equal")
        _add(right, "".join(second[c:d]), is_marked=kind != "equal")
    return tuple(left), tuple(right)


def _whole(text: str) -> tuple[Segment, ...]:
    return (Segment(text=text, marked=True),)


def _add(segments: list[Segment], text: str, *, is_marked: bool) -> None:
    if text:
        segments.append(Segment(text=text, marked=is_marked))
