"""Find a clause in a document's pages by its number, and how far it reaches."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chat.flow.shapes.clauses.asked import AskedClause
from language.clauses import GENERAL, ClauseNumber, are_steps_alike, fit_of_kinds, read_number

_NESTED = 3  # numbers in one another that "(i)" may count within


class PageText(Protocol):
    """A page as it is stored."""

    @property
    def number(self) -> int: ...

    @property
    def text(self) -> str: ...

    @property
    def blocks(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a page's text. `page`: its number in the version, from 1."""

    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A clause at its place. `fit`: how surely it is the asked one, the more the surer; compared between documents."""

    fit: tuple[int, int, int]
    stretches: tuple[Stretch, ...]

    @property
    def is_bare(self) -> bool:
        """True where its number alone, without a kind and no heading, speaks for it."""
        return self.fit[1:] == (1, 0)


@dataclass(slots=True, kw_only=True)
class _Line:
    """A line with its number. `names`: the steps by which it may be named: alone, and within what stands above it."""

    page: int
    start: int
    end: int
    kind: str  # of its block
    level: int  # of a heading, from 1; 0 for others
    number: ClauseNumber | None
    names: list[tuple[str, ...]] = field(default_factory=list)


def find_clause(asked: AskedClause, pages: Sequence[PageText]) -> Clause | None:
    """Return where the clause stands, from its number to where the next one begins; None where there is none.

    Of several that the number fits, the one whose kind fits best, a heading before a line; where the number within a clause is
    not printed, the whole clause.
    """
    lines = list(_lines(pages))
    _name(lines)
    for length in range(len(asked.steps), 0, -1):
        steps = asked.steps[:length]
        fits = [(_fit(asked.kind, line, steps), at) for at, line in enumerate(lines) if _is_named(line, steps)]
        best = max((fit for fit, _at in fits), default=(0, 0))
        if best[0]:
            first = next(at for fit, at in fits if fit == best)
            return Clause(fit=(length, *best), stretches=tuple(_reach(lines, first)))
    return None


def _lines(pages: Sequence[PageText]) -> Iterator[_Line]:
    for page in pages:
        for block in page.blocks:
            position = block["start"]
            for text in page.text[block["start"] : block["end"]].split("\n"):
                if text.strip():
                    is_heading = block["kind"] == "heading"
                    yield _Line(
                        page=page.number,
                        start=position,
                        end=position + len(text),
                        kind=block["kind"],
                        level=block.get("level", 1) if is_heading else 0,
                        number=None if block["kind"] == "table" else _number_of(text, is_heading=is_heading),
                    )
                position += len(text) + 1


def _number_of(text: str, *, is_heading: bool) -> ClauseNumber | None:
    number = read_number(re.sub(r"^[\s*#_>•·-]+", "", text))
    return None if number is None or (number.is_plain and not is_heading) else number


def _name(lines: Sequence[_Line]) -> None:
    """Give each line the names that it may be called by: "(b)" below "Article 8" is 8 (b), "2." below it article 2 and 8 (2)."""
    above: list[tuple[str, ...]] = []  # numbers that others may count within, the outermost first
    for line in lines:
        number = line.number
        if number is None:
            continue
        if number.is_below:
            line.names = [(*one, *number.steps) for one in above]
            of_same_kind = [at for at, one in enumerate(above) if at and _is_alike(one[-1], number.steps[-1])]
            kept = above[: of_same_kind[0]] if of_same_kind else above
            above = [*kept, (*(kept[-1] if kept else ()), *number.steps)][: _NESTED + 1]
            continue
        line.names = [number.steps]
        if line.level or number.kind or not above:
            above = [number.steps]
        else:
            line.names += [(*above[0], *number.steps)]
            if len(number.steps) > 1 or line.kind != "list":
                above = [number.steps]


def _is_alike(one: str, other: str) -> bool:
    return one.isdigit() == other.isdigit()


def _is_named(line: _Line, steps: tuple[str, ...]) -> bool:
    return any(are_steps_alike(steps, name) for name in line.names)


def _fit(kind: str, line: _Line, steps: tuple[str, ...]) -> tuple[int, int]:
    """Return how well a line that the number names is what is asked for; the first is 0 where it is not.

    A bare "5." of a list is no article 5, but it may be clause or step 5, and within article 8 it is 8 (5).
    """
    number = line.number
    if number is None:
        return 0, 0
    if number.is_below or len(steps) > len(number.steps):
        return 1, 0
    if not number.kind and not line.level:
        return int(not kind or kind in GENERAL or len(number.steps) > 1), 0
    return fit_of_kinds(kind, number.kind), int(bool(line.level))


def _reach(lines: Sequence[_Line], first: int) -> Iterator[Stretch]:
    """Yield the stretches, one a page, from a line to the last one before what its clause does not hold."""
    head = lines[first]
    last = first
    for at in range(first + 1, len(lines)):
        line = lines[at]
        if line.level and (not head.level or line.level <= head.level):
            break
        if not head.level and (_begins_another(head, line) or (head.kind == "list" and line.kind != "list")):
            break
        if head.level and not line.level and _is_sibling(head, line):
            break
        last = at
    pages = dict.fromkeys(line.page for line in lines[first : last + 1])
    for page in pages:
        own = [line for line in lines[first : last + 1] if line.page == page]
        yield Stretch(page=page, start=own[0].start, end=own[-1].end)


def _begins_another(head: _Line, line: _Line) -> bool:
    """Tell whether a line's number ends the clause: it is none within it."""
    if line.number is None:
        return False
    return not any(len(name) > len(own) and are_steps_alike(own, name[: len(own)]) for name in line.names for own in head.names)


def _is_sibling(head: _Line, line: _Line) -> bool:
    """Tell whether a numbered line below a heading is a clause of its own: "Article 8" below "Article 7", or below "2.2"."""
    if head.number is None or line.number is None or not line.number.kind:
        return False
    is_of_kind = line.number.kind == head.number.kind or (not head.number.kind and len(head.number.steps) > 1)
    return is_of_kind and _begins_another(head, line)
