"""Texts that were published as tokens with spaces between them, written as people write them, with the places of the tokens."""

import re
from collections.abc import Sequence

_NO_SPACE_BEFORE = frozenset(
    [",", ".", ";", ":", "?", "!", "%", ")", "]", "}", "''", "'s", "'S", "n't", "'re", "'ve", "'ll", "'d", "'m", "'"]
)
_NO_SPACE_AFTER = frozenset({"(", "[", "{", "$", "``", "£", "€"})
_WRITTEN = {
    "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"', "--": "–",
}  # fmt: skip


def write_tokens(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text and, for each token, its characters [start, end) there."""
    text, places = "", []
    is_joined = True
    for token in tokens:
        plain = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}.get(token, token)
        if not is_joined and plain not in _NO_SPACE_BEFORE:
            text += " "
        written = _WRITTEN.get(token, token)
        places.append((len(text), len(text) + len(written)))
        text += written
        is_joined = plain in _NO_SPACE_AFTER
    return text, places


def write_spaced(text: str, start: int, end: int) -> tuple[str, int, int]:
    """Return a spaced text as it is written, and where its characters [start, end) are now."""
    tokens = list(re.finditer(r"\S+", text))
    written, places = write_tokens([token.group(0) for token in tokens])
    inside = [place for token, place in zip(tokens, places, strict=True) if token.start() < end and token.end() > start]
    return (written, inside[0][0], inside[-1][1]) if inside else (written, 0, 0)
