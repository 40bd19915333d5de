"""Hard-wrapped text: words that a line break cut in two are whole again, and a hyphen that belongs to a word stays."""

import re
from dataclasses import dataclass, field

from ingest.parsers.cleaning import BROKEN, is_wide, join_broken
from language.hyphens import plain_word

WORD = re.compile(r"[^\s]+")
MAX_WORDS = 200_000
ENDED = "。！？；：…"
MIN_WIDE = 16  # columns, of which a Chinese character takes two: what is narrower was not wrapped
ROOM = 4  # columns that a wrapped line may be shorter than the longest


@dataclass(slots=True)
class Unwrapper:
    """Joins broken words by the words of the document that were seen until now."""

    words: set[str] = field(default_factory=set)

    def learn(self, text: str) -> None:
        """Take note of the words that stand whole in a text."""
        if len(self.words) < MAX_WORDS:
            self.words.update(plain_word(word) for word in WORD.findall(BROKEN.sub(" ", text)))

    def join(self, text: str) -> str:
        """Return a text with its broken words whole; what follows them stands on the same line."""
        text = join_broken(text, self.words) if "\n" in text else text
        return _joined_wide(text) if "\n" in text and not text.isascii() and any(map(is_wide, text)) else text


def _joined_wide(text: str) -> str:
    """Join the lines of a wrapped Chinese paragraph, without a space: those that are about as wide as the widest."""
    lines = text.split("\n")
    widths = [_columns(line.rstrip()) for line in lines]
    widest = max(widths)
    if widest < MIN_WIDE or not any(mark in text for mark in "，。；、"):
        return text
    parts = [lines[0]]
    for number, line in enumerate(lines[1:]):
        above, below = parts[-1].rstrip(), line.lstrip()
        goes_on = widths[number] >= widest - ROOM and above[-1:] not in ENDED and line[:1] != "\u3000"
        if goes_on and _is_one_line(above[-1:], below[:1]):
            parts[-1] = above
            parts.append(below)
        else:
            parts += ["\n", line]
    return "".join(parts)


def _is_one_line(last: str, first: str) -> bool:
    """Tell whether nothing stands between two characters at a line end: two of Chinese, or one and a figure."""
    return (is_wide(last) and (is_wide(first) or first.isdigit())) or (last.isdigit() and is_wide(first))


def _columns(line: str) -> int:
    return len(line) + sum(map(is_wide, line))
