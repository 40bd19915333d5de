"""Plain text in any encoding, read in pieces so that its size does not matter."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from ingest.parsers.content import Notice, Opening, ParsedPage
from ingest.parsers.flow import Flow
from ingest.parsers.plain.encoding import SAMPLE_BYTES, detect_encoding, is_mojibake
from ingest.parsers.plain.wrapped import Unwrapper
from ingest.parsers.refusal import Refusal

PIECE_BYTES = 1 << 20
PARAGRAPH = re.compile(r"\n[ \t\r]*\n\s*")


def parse_text(stream: BinaryIO, *, name: str) -> Iterator[Opening | ParsedPage | Notice]:
    """Yield the paragraphs (stretches between blank lines) of a text file. Raises: Refusal: unknown_encoding."""
    sample = read_sample(stream)
    encoding = detect_encoding(sample)
    if is_mojibake(sample, encoding):
        raise Refusal("unknown_encoding")
    yield Opening(metadata={"encoding": encoding})
    flow = Flow()
    wrapped = Unwrapper()
    replaced = 0
    rest = ""
    for text in decode_pieces(stream, encoding):
        replaced += text.count("\ufffd")
        # The last paragraph may go on in the next piece; a cleaned piece never ends between a letter and its accent.
        *whole, rest = PARAGRAPH.split(rest + text.replace("\r\n", "\n"))
        if len(rest) > PIECE_BYTES:
            whole, rest = [*whole, rest], ""
        wrapped.learn(text)
        for paragraph in whole:
            yield from flow.add("paragraph", wrapped.join(flow.cleaner.clean(paragraph)))
    yield from flow.add("paragraph", wrapped.join(flow.cleaner.clean(rest)))
    yield from flow.finish()
    if replaced:
        yield Notice(code="replaced", values={"count": replaced, "encoding": encoding})


def read_sample(stream: BinaryIO) -> bytes:
    """Return the beginning of a file, as much as detecting its encoding needs."""
    stream.seek(0)
    return stream.read(SAMPLE_BYTES)


def decode_pieces(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the file's text in pieces, from its beginning; what does not decode becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    stream.seek(0)
    while data := stream.read(PIECE_BYTES):
        yield decoder.decode(data)
    yield decoder.decode(b"", True)
