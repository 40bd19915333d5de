"""Parses one file and streams its pages; started by ingest.sandbox as `python -m ingest.parse_child`. Knows no Django."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from ingest.parsers.content import Items, Notice, Opening, ParsedPage, ParseFile
from ingest.parsers.media_types import CSV, DOCX, EMAIL, HTML, JSON_LINES, MARKDOWN, PDF, PICTURES, PPTX, TEXT, TSV, XLSX
from ingest.parsers.refusal import Refusal
from kb.child import Channel, confine, read_request

STRETCHES_PER_PAGE = 10  # of a format without pages, where a "page" is only a stretch of text
OFFICE_FILES = (DOCX, PPTX, XLSX)
MAX_DEPTH = 2  # files in files in a file


def parse(path: Path, *, name: str, media_type: str, first_page: int = 1, max_pages: int = 10_000, depth: int = 0) -> Items:
    """Yield an Opening, then pages from `first_page` on, then notices. `depth`: of a file inside of files. Raises: Refusal."""
    inner = partial(parse, depth=depth + 1)
    if media_type == PDF:
        from ingest.parsers.pdf import parse_pdf  # each reader is loaded only where it is needed: a child starts in 0.1 s

        yield from parse_pdf(
            path, name=name, first_page=first_page, max_pages=max_pages, parse=inner if depth < MAX_DEPTH else None
        )
        return
    if media_type in PICTURES:
        from ingest.parsers.image import parse_image

        yield from parse_image(path, name=name, first_page=first_page)
        return
    if media_type in OFFICE_FILES:
        from ingest.parsers.detect import inspect_zip

        inspect_zip(path)
    for item in _reader(media_type, inner)(path, name=name):
        if isinstance(item, ParsedPage):
            if item.number > max_pages * STRETCHES_PER_PAGE:
                raise Refusal("too_many_pages")
            if item.number < first_page:
                continue
        yield item


def _reader(media_type: str, inner: ParseFile) -> Callable[..., Items]:
    if media_type == DOCX:
        from ingest.parsers.docx import parse_docx

        return parse_docx
    if media_type == PPTX:
        from ingest.parsers.pptx import parse_pptx

        return parse_pptx
    if media_type == XLSX:
        from ingest.parsers.xlsx import parse_xlsx

        return parse_xlsx
    if media_type in (CSV, TSV):
        from ingest.parsers.csv_rows import parse_csv

        return parse_csv
    if media_type == EMAIL:
        from ingest.parsers.mail import parse_mail

        return partial(parse_mail, parse=inner)
    if media_type == JSON_LINES:
        from ingest.parsers.json_lines import parse_json_lines

        return parse_json_lines
    if media_type == HTML:
        from ingest.parsers.html import parse_html

        return parse_html
    if media_type == MARKDOWN:
        from ingest.parsers.markdown import parse_markdown

        return parse_markdown
    if media_type == TEXT:
        from ingest.parsers.text import parse_text

        return parse_text
    raise Refusal("unknown_type", media_type)


def main() -> None:
    request = read_request()
    confine(request["limits"])
    channel = Channel()
    try:
        items = parse(
            Path(request["path"]),
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
