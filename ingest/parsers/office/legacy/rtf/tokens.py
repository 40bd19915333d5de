"""Cuts RTF into what it is written in: groups, control words, bytes of text (RTF 1.9.1, "RTF Syntax")."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

OPEN, CLOSE, WORD, SYMBOL, BYTES = "open", "close", "word", "symbol", "bytes"
TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,40})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<symbol>[^a-zA-Z])"
    rb"|(?P<open>\{)|(?P<close>\})|[\r\n\x00]+|(?P<text>[^\\{}\r\n\x00]+)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """`text`: the control word, or the character of a symbol. `number`: behind the word. `data`: bytes of text, or of a picture."""

    kind: str
    text: str = ""
    number: int | None = None
    data: bytes = b""


def read_tokens(data: bytes) -> Iterator[Token]:
    """Yield the tokens of a file; `\\binN` comes with its N bytes."""
    position = 0
    while match := TOKEN.search(data, position):
        position = match.end()
        kind = match.lastgroup
        if kind in ("word", "number"):
            word = match["word"].decode("ascii")
            number = int(match["number"]) if match["number"] else None
            if word == "bin" and number and number > 0:
                yield Token(WORD, word, number, data[position : position + number])
                position += number
            elif word == "footnote" and data[position : position + 8].lstrip().startswith(b"\\ftnalt"):
                yield Token(WORD, "endnote")
            else:
                yield Token(WORD, word, number)
        elif kind == "hex":
            yield Token(BYTES, data=bytes((int(match["hex"], 16),)))
        elif kind == "text":
            yield Token(BYTES, data=match["text"])
        elif kind == "symbol":
            yield Token(SYMBOL, match["symbol"].decode("latin-1"))
        elif kind:
            yield Token(kind)
