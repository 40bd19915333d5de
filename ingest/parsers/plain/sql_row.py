"""A row of a SQL source as a document. Attest writes this file itself (sources), so it needs no child to read it in."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from ingest.parsers.content import Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.plain.text import PARAGRAPH
from ingest.parsers.refusal import Refusal


def row_bytes(*, source: str, key: str, title: str, text: str) -> bytes:
    """Return the file of a row: the same row gives the same bytes, another row or source never does."""
    return json.dumps({"source": source, "key": key, "title": title, "text": text}, ensure_ascii=False, indent=1).encode(
        "utf-8", "replace"
    )


def parse_row(stream: BinaryIO) -> Iterator[Opening | ParsedPage]:
    """Yield the row's title and text. Raises: Refusal: damaged."""
    try:
        row = json.loads(stream.read())
        title, text = str(row["title"]), str(row["text"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal("damaged", f"row: {error}") from error
    flow = Flow()
    yield Opening(title=flow.cleaner.clean_line(title))
    for paragraph in PARAGRAPH.split(flow.cleaner.clean(text)):
        lines = [line for line in paragraph.split("\n") if line.strip()]
        is_list = len(lines) > 1 and all(": " in line[:80] or line.endswith(":") for line in lines)
        yield from flow.add("list" if is_list else "paragraph", "\n".join(lines))
    yield from flow.finish()
