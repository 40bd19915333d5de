"""Parses one file and streams its pages; started by ingest.stages.parsing as `python -m ingest.stages.parse_child`. Knows no
Django."""

import os
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from ingest.parsers.content import Items, Notice, Opening, ParsedPage
from ingest.parsers.declared import with_declared
from ingest.parsers.formats.containers import inspect_zip
from ingest.parsers.formats.registry import BY_TYPE, PDF, load_reader
from ingest.parsers.refusal import Refusal
from kb.sandbox.child import Channel, confine, read_request

STRETCHES_PER_PAGE = 10  # of a format without pages, where a "page" is only a stretch of text
MAX_DEPTH = 2  # files in files in a file


def parse(stream: BinaryIO, *, name: str, media_type: str, first_page: int = 1, max_pages: int = 10_000, depth: int = 0) -> Items:
    """Yield an Opening, then pages from `first_page` on, then notices.

    `stream`: the file, open for reading, to be sought in; readers get nothing else of it, for what it is called where it lies says
    nothing. `depth`: of a file inside of files. Raises: Refusal.
    """
    chosen = BY_TYPE.get(media_type)
    if chosen is None:
        raise Refusal("unknown_type", media_type)
    if chosen.magic.is_zip:
        inspect_zip(stream, wanted=chosen)
        stream.seek(0)
    options: dict[str, Any] = {}
    if chosen.holds_files:
        options["parse"] = partial(parse, depth=depth + 1) if depth < MAX_DEPTH else None
    read = load_reader(chosen)
    if chosen.is_paged:
        pages = read(stream, name=name, first_page=first_page, max_pages=max_pages, **options)
        yield from with_declared(pages) if first_page == 1 and chosen.media_type == PDF.media_type else pages
        return
    for item in with_declared(read(stream, name=name, **options)):
        if isinstance(item, ParsedPage):
            if item.number > max_pages * STRETCHES_PER_PAGE:
                raise Refusal("too_many_pages")
            if item.number < first_page:
                continue
        yield item


def main() -> None:
    request = read_request()
    confine(request["limits"])
    os.environ["ATTEST_OCR"] = request["ocr"]
    channel = Channel()
    try:
        with Path(request["path"]).open("rb") as stream:
            items = parse(
                stream,
                name=request["name"],
                media_type=request["media_type"],
                first_page=request["first_page"],
                max_pages=request["max_pages"],
            )
            for item in items:
                _send(channel, item)
        channel.send({"done": True})
    except Refusal as refusal:
        channel.send({"refused": refusal.code, "detail": refusal.detail[:500]})
    except MemoryError:
        channel.send({"refused": "too_complex", "detail": "memory"})
    except RecursionError:
        channel.send({"refused": "too_complex", "detail": "nesting"})
    except Exception as error:  # noqa: BLE001 - the edge of the process: whatever a broken file raises is its verdict
        channel.send({"refused": "damaged", "detail": f"{type(error).__name__}: {error}"[:500]})
    channel.close()


def _send(channel: Channel, item: Opening | ParsedPage | Notice) -> None:
    if isinstance(item, ParsedPage):
        head = {
            "page": item.number,
            "text": item.text,
            "label": item.label,
            "width": item.width,
            "height": item.height,
            "blocks": [block.as_dict() for block in item.blocks],
        }
        channel.send(head, item.boxes)
    elif isinstance(item, Opening):
        channel.send({"opening": asdict(item)})
    else:
        channel.send({"notice": asdict(item)})


if __name__ == "__main__":
    main()
