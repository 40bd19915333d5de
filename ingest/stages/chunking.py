"""Cut pages into passages along their structure. A pure function: pages and a way to count tokens in, chunks out.

A chunk is a stretch of one page, `page.text[start:end]` exactly. It ends where a section, a paragraph, a list item, a table
row or a sentence ends; only a sentence that is longer than a whole chunk is cut inside. The heading that a chunk begins with
is left to its `heading_path`: what is embedded is title + path + table header + text, what is quoted is text.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.parsers.content import Block
from ingest.stages.oversized import split_oversized
from language.sentences import partition_sentences

# Raise it with every change after which the same pages are cut otherwise: an installation then offers to build its index anew,
# while the old one answers (ingest.editions.building). tests/ingest/test_editions.py notices a change.
CUTTING = 2

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSize:
    """Sizes in the embedder's tokens, special tokens not counted.

    `target`: what a chunk is filled up to. `maximum`: of everything that is embedded, context included (all-MiniLM-L6-v2 reads
    254). `context`: the most that title and heading path may take of it. `settled`: the share of `target` from which a new
    section starts a new chunk.
    """

    target: int = 200
    maximum: int = 250
    context: int = 70
    settled: float = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage:
    """A page as the chunker needs it."""

    number: int
    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutChunk:
    """A passage. `token_count` is of all that is embedded, as estimated from its parts."""

    page_number: int
    start: int
    end: int
    text: str
    prefix: str
    heading_path: tuple[str, ...]
    token_count: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never broken: a sentence, a row, an item. `first` marks the first of its block."""

    block: Block
    start: int
    end: int
    first: bool
    tokens: int = 0


def cut_pages(
    pages: Iterable[SourcePage], *, title: str, count_tokens: CountTokens, size: ChunkSize | None = None, batch: int = 32
) -> Iterator[CutChunk]:
    """Yield the chunks of the pages in reading order. Tokens are counted once for `batch` pages; time is linear."""
    size = size or ChunkSize()
    iterator = iter(pages)
    while group := list(itertools.islice(iterator, batch)):
        yield from _cut_group(group, title=title, count_tokens=count_tokens, size=size)


def _cut_group(pages: list[SourcePage], *, title: str, count_tokens: CountTokens, size: ChunkSize) -> Iterator[CutChunk]:
    units = [_units(page, size) for page in pages]
    paths = sorted({unit.block.heading_path for row in units for unit in row})
    headers = sorted({header for page in pages for block in page.blocks if (header := _header(page, block))})
    texts = [page.text[unit.start : unit.end] for page, row in zip(pages, units, strict=True) for unit in row]
    counts = count_tokens([*texts, *(_context(title, path) for path in paths), *headers]) if texts else []
    tokens = iter(counts[: len(texts)])
    context = dict(zip(paths, counts[len(texts) : len(texts) + len(paths)], strict=True))
    header_tokens = dict(zip(headers, counts[len(texts) + len(paths) :], strict=True))
    for page, row in zip(pages, units, strict=True):
        counted = [part for unit in row for part in _bounded(page, unit, next(tokens), size)]
        packer = _Packer(page=page, title=title, size=size, context=context, header_tokens=header_tokens)
        yield from packer.pack(counted)


def _context(title: str, path: tuple[str, ...]) -> str:
    path = path[1:] if path[:1] == (title,) else path
    return " > ".join(part for part in (title, *path) if part)


def _header(page: SourcePage, block: Block) -> str:
    return page.text[block.start : block.header_end].strip() if block.header_end else ""


def _units(page: SourcePage, size: ChunkSize) -> list[_Unit]:
    """Cut the page's blocks into what is never broken, and what is too long even so."""
    units: list[_Unit] = []
    # No token of a word-piece vocabulary is shorter than a character: this length always fits.
    longest = size.maximum - size.context
    for block in page.blocks:
        text = page.text[block.start : block.end]
        if block.kind in ("table", "list", "code"):
            spans = _lines(text)
        elif block.kind == "heading":
            spans = [(0, len(text))]
        else:
            spans = partition_sentences(text)
        first = True
        for start, end in spans:
            pieces = [(start, end)]
            if end - start > 4 * size.target:
                pieces = [
                    (start + a, start + b)
                    for a, b in split_oversized(text[start:end], max_characters=_fit(text[start:end], longest))
                ]
            for left, right in pieces:
                inner = text[left:right].strip()
                if inner:
                    left += len(text[left:right]) - len(text[left:right].lstrip())
                    units.append(_Unit(block, block.start + left, block.start + left + len(inner), first))
                    first = False
    return units


def _bounded(page: SourcePage, unit: _Unit, tokens: int, size: ChunkSize) -> Iterator[_Unit]:
    """Yield the unit with its count, in parts where it turned out to be longer than a chunk may be."""
    longest = size.maximum - size.context
    if tokens <= longest:
        yield _Unit(unit.block, unit.start, unit.end, unit.first, tokens)
        return
    text = page.text[unit.start : unit.end]
    first = unit.first
    for start, end in split_oversized(text, max_characters=max(20, int(0.7 * len(text) * longest / tokens))):
        share = math.ceil(1.2 * tokens * (end - start) / len(text))  # tokens are not spread evenly
        yield _Unit(unit.block, unit.start + start, unit.start + end, first, min(share, longest))
        first = False


def _fit(text: str, tokens: int) -> int:
    """Characters of this text that surely fit: about 3 to a token in ASCII words, 1 elsewhere."""
    words = sum(character.isascii() and character.isalpha() for character in text[:2000]) / len(text[:2000])
    return max(60, int(tokens * (2.5 if words > 0.6 else 0.9)))


def _lines(text: str) -> list[tuple[int, int]]:
    spans, position = [], 0
    for line in text.splitlines(keepends=True):
        spans.append((position, position + len(line)))
        position += len(line)
    return spans


class _Packer:
    """Fills chunks with the units of one page."""

    def __init__(
        self, *, page: SourcePage, title: str, size: ChunkSize, context: dict[tuple[str, ...], int], header_tokens: dict[str, int]
    ) -> None:
        self.page, self.title, self.size, self.context, self.header_tokens = page, title, size, context, header_tokens
        self.current: list[_Unit] = []
        self.filled = 0

    def pack(self, units: list[_Unit]) -> Iterator[CutChunk]:
        if not units:
            return
        if self._fits_whole(units):
            self.current, self.filled = units, sum(unit.tokens for unit in units)
            yield from self._take(last=True)
            return
        for _, group in itertools.groupby(units, key=lambda unit: unit.block.start):
            yield from self._add_block(list(group))
        yield from self._take(last=True)

    def _fits_whole(self, units: list[_Unit]) -> bool:
        """A short document of one section stays in one piece, up to the most that fits."""
        sections = {unit.block.heading_path for unit in units if unit.block.kind != "heading"}
        return len(sections) <= 1 and sum(unit.tokens for unit in units) <= self._room(units[0], whole=True)

    def _add_block(self, units: list[_Unit]) -> Iterator[CutChunk]:
        block = units[0].block
        total = sum(unit.tokens for unit in units)
        room = self._room(units[0])
        settled = self.filled >= self.size.settled * self.size.target
        only_headings = all(unit.block.kind == "heading" for unit in self.current)
        if self.current and not only_headings:
            starts_section = block.kind == "heading" or block.heading_path != self.current[-1].block.heading_path
            if (settled and starts_section) or (self.filled + total > room and self.filled >= room / 2):
                yield from self._take()
        # A block longer than a chunk is cut into equal parts, not into full ones and a rest.
        whole = total + self.filled <= room
        goal = room if whole else (total + self.filled) / math.ceil((total + self.filled) / room)
        for unit in units:
            over = self.filled + unit.tokens > room
            if self.current and not self._ends_in_heading() and (over or (not whole and self.filled + unit.tokens / 2 > goal)):
                yield from self._take()
                room = self._room(unit)
            elif over and self.current:  # a heading and a sentence that together do not fit: the heading goes into the path
                yield from self._take()
            self.current.append(unit)
            self.filled += unit.tokens

    def _ends_in_heading(self) -> bool:
        return self.current[-1].block.kind == "heading"

    def _room(self, unit: _Unit, *, whole: bool = False) -> int:
        """Tokens of text that fit beside this unit's title, path and table header."""
        around = min(self.context[unit.block.heading_path], self.size.context)
        if not unit.first:
            around += self.header_tokens.get(_header(self.page, unit.block), 0)
        return max(24, min(self.size.maximum - around, self.size.maximum if whole else self.size.target))

    def _take(self, *, last: bool = False) -> Iterator[CutChunk]:
        units, self.current = self.current, []
        while not last and len(units) > 1 and units[-1].block.kind == "heading":
            self.current.insert(0, units.pop())  # a heading goes with what follows it
        if not last and all(unit.block.kind == "heading" for unit in units):
            units, self.current = [*units, *self.current], []
        self.filled = sum(unit.tokens for unit in self.current)
        bodies = [unit for unit in units if unit.block.kind != "heading"]
        path = _shared_path([unit.block.heading_path for unit in bodies or units])
        if path and path[0] == self.title:
            path = path[1:]
        # Headings at its start live on in the path; those that the path does not hold are kept as text.
        while bodies and units[0].block.kind == "heading" and self._text(units[0]) in (self.title, *path):
            units = units[1:]
        if not units:
            return
        start, end = units[0].start, units[-1].end
        prefix = "" if units[0].first else _header(self.page, units[0].block)
        if prefix and start < units[0].block.header_end:
            prefix = ""
        context = max(self.context[unit.block.heading_path] for unit in units)
        yield CutChunk(
            page_number=self.page.number,
            start=start,
            end=end,
            text=self.page.text[start:end],
            prefix=prefix,
            heading_path=path,
            token_count=sum(unit.tokens for unit in units) + context + self.header_tokens.get(prefix, 0),
        )

    def _text(self, unit: _Unit) -> str:
        return self.page.text[unit.start : unit.end][:200]


def _shared_path(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what the heading paths have in common, from the top."""
    shared = []
    for level in zip(*paths, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return tuple(shared)
