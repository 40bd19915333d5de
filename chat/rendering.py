"""Turns an answer's sentences into paragraphs, headings and lists. Text stays text: templates escape every character."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse

LIST_MARKER = re.compile(r"(?:^|\n)[ \t]*(?P<marker>[-*•+]|\d{1,3}[.)、])[ \t]*$")
HEADING_MARKER = re.compile(r"(?:^|\n)[ \t]*#{1,6}[ \t]*$")
EMPHASIS = re.compile(r"\*\*(?P<strong>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of a sentence; `kind` is "", "strong", "code" or "link"."""

    text: str
    kind: str = ""
    listed: Mapping[str, Any] | None = None  # what of the library a link opens


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSentence:
    """A sentence and what it rests on. `space` is what stands before it on its line."""

    runs: tuple[Run, ...]
    citations: tuple[Mapping[str, Any], ...]
    space: str = ""

    @property
    def expired_on(self) -> date | None:
        """The last valid day of the first of its documents that have expired."""
        return next(filter(None, map(day_of_expiry, self.citations)), None)

    @property
    def correction(self) -> Mapping[str, Any] | None:
        """By whom and when the first of its passages that were corrected was."""
        return next((citation["correction"] for citation in self.citations if citation.get("correction")), None)


@dataclass(slots=True, kw_only=True)
class Block:
    """A paragraph, a heading, or a list with its items."""

    kind: str  # "paragraph", "heading", "bullets", "numbers"
    items: list[list[ShownSentence]] = field(default_factory=list)  # a paragraph and a heading have one
    start: int = 1  # of a numbered list


def lay_out(answer: Mapping[str, Any]) -> list[Block]:
    """Return the blocks of an answer in the contract's JSON, rebuilt from the white space and markers before its sentences."""
    by_marker = {citation["marker"]: citation for citation in answer.get("citations", ())}
    blocks: list[Block] = []
    for row in answer.get("sentences", ()):
        prefix = row.get("prefix", "")
        named = [answer["listed"][at - 1] for at in row.get("listed", ())]
        shown = ShownSentence(
            runs=link_title(row["text"], named[0]) if len(named) == 1 else split_runs(row["text"]),
            citations=tuple(by_marker[marker] for marker in row["citations"] if marker in by_marker),
            space=" " if prefix.endswith((" ", "\n")) else "",
        )
        place(blocks, prefix, shown)
    return blocks


def day_of_expiry(place: Mapping[str, Any]) -> date | None:
    """Return the last valid day of a cited document, where it was over when the place was told; None where it was not."""
    return date.fromisoformat(place["expired_on"]) if place.get("expired_on") else None


def place(blocks: list[Block], prefix: str, sentence: ShownSentence) -> None:
    """Add a sentence to the block that its prefix continues or begins."""
    if found := LIST_MARKER.search(prefix):
        number = re.match(r"\d+", found["marker"])
        kind = "numbers" if number else "bullets"
        if not blocks or blocks[-1].kind != kind:
            blocks.append(Block(kind=kind, start=int(number.group()) if number else 1))
        blocks[-1].items.append([sentence])
    elif HEADING_MARKER.search(prefix):
        blocks.append(Block(kind="heading", items=[[sentence]]))
    elif not blocks or blocks[-1].kind == "heading" or breaks_paragraph(prefix, after=blocks[-1].kind):
        blocks.append(Block(kind="paragraph", items=[[sentence]]))
    else:
        blocks[-1].items[-1].append(sentence)


def breaks_paragraph(prefix: str, *, after: str) -> bool:
    """True for an empty line; after a list, for any line break."""
    return "\n\n" in prefix.replace("\r", "") or ("\n" in prefix and after != "paragraph")


def split_runs(text: str) -> tuple[Run, ...]:
    """Cut out the bold and code that models like to write; a lone marker stays as it is."""
    runs: list[Run] = []
    done = 0
    for match in EMPHASIS.finditer(text):
        if match.start() > done:
            runs.append(Run(text=text[done : match.start()]))
        kind = "strong" if match["strong"] else "code"
        runs.append(Run(text=match[kind], kind=kind))
        done = match.end()
    if done < len(text):
        runs.append(Run(text=text[done:]))
    return tuple(runs)


def link_title(text: str, listed: Mapping[str, Any]) -> tuple[Run, ...]:
    """Cut out the title of what a line lists, as a link to it; a title may hold any character."""
    before, title, after = text.partition(listed["title"])
    runs = (Run(text=before), Run(text=title, kind="link", listed=listed), Run(text=after))
    return tuple(run for run in runs if run.text)


def source_address(place: Mapping[str, Any]) -> str:
    """Return the address of the page that a citation or a near source stands on, with its words marked; without a version, of the
    document."""
    if not place.get("version_uid"):
        return reverse("kb:document", args=[place["document_uid"]])
    return f"{reverse('kb:source', args=[place['version_uid'], place['page_number']])}?start={place['start']}&end={place['end']}"


def group_sources(citations: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the cited places in the order of their markers, each marker once."""
    return sorted({citation["marker"]: citation for citation in citations}.values(), key=lambda row: row["marker"])
