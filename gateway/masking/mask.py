"""Replace personal data by placeholders, the same for the same value, and restore the values, also in a stream."""

import re
from collections import Counter
from collections.abc import Sequence

from gateway.masking.detect import Kind, find_personal_data

_KINDS = "|".join(Kind)
_PLACEHOLDER = re.compile(rf"<({_KINDS})_(\d{{1,4}})>|(?<![\w<])({_KINDS})_(\d{{1,4}})(?![\w>])")
# What a placeholder may still become when more of the text arrives: from a bracket or the first capital on.
_HALF = re.compile(r"(?:<[A-Z]{0,6}|<?\b(?:%s)|<(?:%s)_\d{0,4}|\b(?:%s)_\d{0,4}|\b[A-Z]{1,6})\Z" % ((_KINDS,) * 3))
_MIN_PART = 3


class Mask:
    """The placeholders of one question. The values stay in this process."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}  # by placeholder
        self._placeholders: dict[tuple[Kind, str], str] = {}
        self._numbers: Counter[Kind] = Counter()
        self._used: set[str] = set()
        self._read: set[str] = set()

    def hide(self, texts: Sequence[str]) -> list[str]:
        """Return the texts with placeholders. All are read first, so that a name found in one is hidden in each."""
        for text in texts:
            if text in self._read:
                continue  # a prompt is hidden again for its tokens to be counted
            self._read.add(text)
            for found in find_personal_data(text):
                self._placeholder(found.kind, text[found.start : found.end])
        known = sorted(self._placeholders.items(), key=lambda entry: -len(entry[0][1]))
        if not known:
            return list(texts)
        names = {value: placeholder for (_kind, value), placeholder in known}
        pattern = re.compile("|".join(_whole(value) for value in names))

        def put(match: re.Match[str]) -> str:
            self._used.add(names[match.group()])
            return names[match.group()]

        return [pattern.sub(put, text) for text in texts]

    def reveal(self, text: str) -> str:
        """Return the text with the values in it again; a placeholder that was never given stays as it is."""
        return _PLACEHOLDER.sub(lambda match: self._values.get(_canonical(match), match.group()), text)

    def counts(self) -> dict[str, int]:
        """Return how many different values of each kind were hidden."""
        return dict(sorted(Counter(placeholder[1:].partition("_")[0] for placeholder in self._used).items()))

    def _placeholder(self, kind: Kind, value: str) -> str:
        known = self._placeholders.get((kind, value))
        if known is None:
            self._numbers[kind] += 1
            known = self._placeholders[kind, value] = f"<{kind}_{self._numbers[kind]}>"
            self._values[known] = value
            if kind == Kind.PERSON:
                # "Smith" alone identifies as much as "John Smith".
                for part in value.split():
                    if len(part) >= _MIN_PART and part != value and part[0].isupper():
                        self._placeholder(kind, part)
        return known


class Revealer:
    """Reveals a stream: the end of a piece that may become a placeholder is held until it is one, or is none."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._held = ""

    def feed(self, piece: str) -> str:
        text = self._held + piece
        half = _HALF.search(text)
        cut = half.start() if half else len(text)
        self._held = text[cut:]
        return self._mask.reveal(text[:cut])

    def flush(self) -> str:
        text, self._held = self._held, ""
        return self._mask.reveal(text)


def _canonical(match: re.Match[str]) -> str:
    return f"<{match.group(1) or match.group(3)}_{match.group(2) or match.group(4)}>"


def _whole(value: str) -> str:
    """Match a value where it is no part of a longer word or number; Chinese has no such borders."""
    before = r"(?<![A-Za-z0-9])" if value[0].isascii() else ""
    after = r"(?![A-Za-z0-9])" if value[-1].isascii() else ""
    return f"{before}{re.escape(value)}{after}"
