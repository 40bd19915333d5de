"""Files inside of a file (of an e-mail, of a PDF): each is read by its own parser and becomes a section under its name."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.parsers.content import Block, Items, Notice, Opening, ParsedPage, ParseFile
from ingest.parsers.detect import detect_type
from ingest.parsers.flow import Flow
from ingest.parsers.refusal import Refusal

MAX_ATTACHMENTS = 50
MAX_NAMED = 20
LABEL = "Attachment "


class Attachments:
    """Puts attachments into a flow; keeps the names of those that were not read, and what was odd about the others."""

    def __init__(self, flow: Flow, parse: ParseFile) -> None:
        self.flow, self.parse = flow, parse
        self.count = 0
        self.unread: list[str] = []
        self.told: dict[str, Notice] = {}

    def add(self, name: str, data: bytes, *, depth: int, is_decoration: bool = False) -> Iterator[ParsedPage]:
        """Yield the pages that the attachment fills. `is_decoration`: a picture in a signature, which is no loss."""
        self.count += 1
        if self.count > MAX_ATTACHMENTS:
            self.unread.append(name)
            return
        try:
            with _as_file(data) as path:
                yield from self.read(path, name=name, media_type=detect_type(path, name=name), depth=depth)
        except Exception as error:  # noqa: BLE001 - whatever a broken attachment raises, the document and the others are read
            if not (is_decoration and isinstance(error, Refusal)):
                self.unread.append(name)

    def read(self, path: Path, *, name: str, media_type: str, depth: int) -> Iterator[ParsedPage]:
        """Yield the pages that a file of a known type fills, under a heading of its name."""
        items = self.parse(path, name=name, media_type=media_type)
        opening = next(items)
        yield from self.flow.add("heading", name, level=min(depth + 1, 6))
        pages = opening.page_count if isinstance(opening, Opening) and opening.is_paged else None
        yield from self.take(items, depth=depth + 1, with_pages=(pages or 0) > 1)

    def take(self, items: Items, *, depth: int, with_pages: bool = False) -> Iterator[ParsedPage]:
        """Put the blocks of another document into this one, below its headings."""
        for item in items:
            if isinstance(item, Notice):
                self._tell(item)
            elif isinstance(item, ParsedPage):
                if with_pages and not item.label.startswith(LABEL):  # an attachment of its own has its name above it
                    yield from self.flow.add("heading", f"Page {item.label or item.number}", level=min(depth + 1, 6))
                for block in item.blocks:
                    yield from self._block(item, block, depth=depth)

    def _block(self, page: ParsedPage, block: Block, *, depth: int) -> Iterator[ParsedPage]:
        header = page.text[block.start : block.header_end] if block.header_end else ""
        level = min(depth + 1 + block.level, 6) if block.level else 0
        yield from self.flow.add(block.kind, page.text[block.start : block.end], level=level, header=header)

    def _tell(self, notice: Notice) -> None:
        before = self.told.get(notice.code)
        counts = [int(one.values["count"]) for one in (before, notice) if one and "count" in one.values]
        values = {**notice.values, "count": sum(counts)} if counts else notice.values
        self.told[notice.code] = Notice(code=notice.code, values=values)  # its pages are not pages of this document

    def notices(self) -> Iterator[Notice]:
        """Yield what was odd about the attachments that were read, and the names of those that were not."""
        yield from self.told.values()
        if self.unread:
            names = ", ".join(self.unread[:MAX_NAMED]) + (" …" if len(self.unread) > MAX_NAMED else "")
            yield Notice(code="attachments", values={"names": names})


@contextmanager
def _as_file(data: bytes) -> Iterator[Path]:
    """Put bytes where a parser can open them: in memory where the system can, so that nothing is left behind on a disk."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("attachment"), "w+b") as stream:
            stream.write(data)
            stream.flush()
            yield Path(f"/proc/self/fd/{stream.fileno()}")
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield Path(file.name)
