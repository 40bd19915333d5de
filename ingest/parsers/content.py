"""What a parser yields: pages of text, cut into blocks. Values only, without Django."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_NOTICE_PAGES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A stretch of a page's text that belongs together.

    `kind`: heading, paragraph, table, list, code or quote. `start`, `end`: characters into the page's text.
    `level`: of a heading, from 1. `heading_path`: the headings above it; a heading's own text is its last entry.
    `header_end`: where a table's header rows end, 0 where none are known. `is_headless`: its first row surely names no columns.
    """

    kind: str
    start: int
    end: int
    level: int = 0
    heading_path: tuple[str, ...] = ()
    header_end: int = 0
    is_headless: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return the JSON that kb.Page.blocks holds."""
        found: dict[str, object] = {
            "kind": self.kind,
            "start": self.start,
            "end": self.end,
            "heading_path": list(self.heading_path),
        }
        if self.level:
            found["level"] = self.level
        if self.header_end:
            found["header_end"] = self.header_end
        if self.is_headless:
            found["is_headless"] = True
        return found

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> "Block":
        """Read back what `as_dict` wrote."""
        return cls(
            kind=row["kind"],
            start=row["start"],
            end=row["end"],
            level=row.get("level", 0),
            heading_path=tuple(row.get("heading_path", ())),
            header_end=row.get("header_end", 0),
            is_headless=row.get("is_headless", False),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPage:
    """One page as it is stored. `boxes` is kb.viewing.boxes.pack() of where its words stand; width and height in points."""

    number: int
    text: str
    blocks: tuple[Block, ...]
    label: str = ""
    width: float = 0.0
    height: float = 0.0
    boxes: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is known before the first page. `page_count` is None where the format has no pages."""

    title: str = ""
    page_count: int | None = None
    is_paged: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the uploader should know though the file was read. `code`: one of ingest.errors.WARNINGS, `values`: its figures."""

    code: str
    pages: tuple[int, ...] = ()
    values: dict[str, str | int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return the JSON that kb.DocumentVersion.warnings holds."""
        return {"code": self.code, "pages": list(self.pages)[:MAX_NOTICE_PAGES], "values": self.values}


Items = Iterator[Opening | ParsedPage | Notice]
ParseFile = Callable[..., Items]  # ingest.stages.parse_child.parse, for readers of files in files; takes media_type=
