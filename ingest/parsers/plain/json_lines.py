"""JSON lines: each object is a section under its title, its fields readable with their names."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.plain.encoding import detect_encoding
from ingest.parsers.plain.text import PARAGRAPH, decode_pieces, read_sample
from ingest.parsers.refusal import Refusal

MAX_LINE = 8 << 20  # characters
MAX_FIELDS = 2000  # of one object, nested ones counted
LONG = 200  # characters from which a value is a paragraph, not a line
TITLES = ("title", "name", "subject", "headline", "heading", "question", "标题", "名称", "id")


def parse_json_lines(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield a section for each line. Raises: Refusal: damaged: no line is JSON. too_wide: a line has no end."""
    encoding = detect_encoding(read_sample(stream))
    yield Opening(metadata={"encoding": encoding})
    flow = Flow()
    read = bad = 0
    for number, line in enumerate(_lines(stream, encoding), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            bad += 1
            continue
        read += 1
        yield from _section(value, number, flow)
    if not read:
        raise Refusal("damaged", f"none of {bad} lines is JSON")
    yield from flow.finish()
    if bad:
        yield Notice(code="bad_rows", values={"count": bad})


def _section(value: object, number: int, flow: Flow) -> Iterator[ParsedPage]:
    fields = list(_fields(value))
    by_key = {key.lower(): text for key, text in fields if text and len(text) <= LONG}
    title = next((by_key[key] for key in TITLES if key in by_key), "")
    yield from flow.add("heading", flow.cleaner.clean_line(title or f"#{number}"), level=1)
    short = [f"{key}: {text}" if key else text for key, text in fields if text and len(text) < LONG and "\n" not in text]
    if len(fields) > 1 or not title:  # else the title has said it all
        yield from flow.add("list", flow.cleaner.clean("\n".join(short)))
    for key, text in fields:
        if len(text) >= LONG or "\n" in text:
            first, *others = PARAGRAPH.split(text.strip())
            yield from flow.add("paragraph", flow.cleaner.clean(f"{key}: {first}" if key else first))
            for other in others:
                yield from flow.add("paragraph", flow.cleaner.clean(other))


def _fields(value: object) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of all values, in order; nested names are joined by dots, lists of plain values by commas."""
    stack: list[tuple[str, object]] = [("", value)]
    count = 0
    while stack and count < MAX_FIELDS:
        key, item = stack.pop()
        count += 1
        if isinstance(item, dict):
            stack.extend((f"{key}.{name}" if key else str(name), inner) for name, inner in reversed(item.items()))
        elif isinstance(item, list) and any(isinstance(inner, dict | list) for inner in item):
            stack.extend((f"{key}.{place}" if key else str(place), inner) for place, inner in reversed(list(enumerate(item, 1))))
        elif isinstance(item, list):
            yield key, ", ".join(_plain(inner) for inner in item)
        elif item is not None:
            yield key, _plain(item)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    rest = ""
    for piece in decode_pieces(stream, encoding):
        *whole, rest = (rest + piece).split("\n")
        if len(rest) > MAX_LINE:
            raise Refusal("too_wide", "a line without end")
        yield from whole
    yield rest
