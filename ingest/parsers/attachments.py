"""Files inside of a file (of an e-mail, of a PDF): each is read by its own parser and becomes a section under its name."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from ingest.parsers.content import Block, Items, Notice, Opening, ParsedPage, ParseFile
from ingest.parsers.flow import Flow
from ingest.parsers.formats.detect import detect_type
from ingest.parsers.refusal import Refusal

MAX_ATTACHMENTS = 50
MAX_NAMED = 20
LABEL = "Attachment "


class Attachments:
    """Puts attachments into a flow; keeps the names of those that were not read, and what was odd about the others."""

    def __init__(self, flow: Flow, parse: ParseFile | None, *, limit: int = MAX_ATTACHMENTS) -> None:
        self.flow, self.parse, self.limit = flow, parse, limit
        self.count = 0
        self.unread: list[str] = []
        self.reported: dict[str, Notice] = {}

    def add(self, name: str, data: bytes, *, depth: int, is_decoration: bool = False) -> Iterator[ParsedPage]:
        """Yield the pages that the attachment fills. `is_decoration`: a picture in a signature, which is no loss."""
        self.count += 1
        if self.count > self.limit:
            self.unread.append(name)
            return
        try:
            stream = io.BytesIO(data)
            yield from self.read(stream, name=name, media_type=detect_type(stream, name=name), depth=depth)
        except Exception as error:  # noqa: BLE001 - whatever a broken attachment raises, the document and the others are read
            if not (is_decoration and isinstance(error, Refusal)):
                self.unread.append(name)

    def read(self, stream: BinaryIO, *, name: str, media_type: str, depth: int) -> Iterator[ParsedPage]:
        """Yield the pages that a file of a known type fills, under a heading of its name."""
        if self.parse is None:
            raise Refusal("too_nested", "files in files")
        items = self.parse(stream, name=name, media_type=media_type)
        opening = next(items)
        yield from self.flow.add("heading", name, level=min(depth + 1, 6))
        pages = opening.page_count if isinstance(opening, Opening) and opening.is_paged else None
        yield from self.take(items, depth=depth + 1, with_pages=(pages or 0) > 1)

    def take(self, items: Items, *, depth: int, with_pages: bool = False) -> Iterator[ParsedPage]:
        """Put the blocks of another document into this one, below its headings."""
        for item in items:
            if isinstance(item, Notice):
                self._merge(item)
            elif isinstance(item, ParsedPage):
                if with_pages and not item.label.startswith(LABEL):  # an attachment of its own has its name above it
                    yield from self.flow.add("heading", f"Page {item.label or item.number}", level=min(depth + 1, 6))
                for block in item.blocks:
                    yield from self.take_block(item, block, depth=depth)

    def take_block(self, page: ParsedPage, block: Block, *, depth: int) -> Iterator[ParsedPage]:
        """Put one block of another document into this one."""
        level = min(depth + 1 + block.level, 6) if block.level else 0
        yield from self.flow.add_block(page, block, level=level)

    def _merge(self, notice: Notice) -> None:
        before = self.reported.get(notice.code)
        counts = [int(one.values["count"]) for one in (before, notice) if one and "count" in one.values]
        values = {**notice.values, "count": sum(counts)} if counts else notice.values
        self.reported[notice.code] = Notice(code=notice.code, values=values)  # its pages are not pages of this document

    def notices(self, code: str = "attachments") -> Iterator[Notice]:
        """Yield what was odd about the attachments that were read, and by a code the names of those that were not."""
        yield from self.reported.values()
        if self.unread:
            yield Notice(code=code, values={"names": self.listed(self.unread)})

    @staticmethod
    def listed(names: list[str]) -> str:
        """Return the names in a line, the first ones of many."""
        return ", ".join(names[:MAX_NAMED]) + (" …" if len(names) > MAX_NAMED else "")
