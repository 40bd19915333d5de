"""The words of a collection: its own terms, abbreviations and synonyms, as its admins write them.

They work on the question alone. The index always holds what the analyzer cuts, and never depends on a vocabulary: so a change
counts with the next question, nothing is indexed anew, and the two sides cannot come apart.
"""

import re
import unicodedata
from dataclasses import dataclass

from retrieval.script_fold import fold_script

MAX_LINES = 500
MAX_WORD_CHARACTERS = 60
_HAN = re.compile("[\u3400-\u9fff]")


class BadVocabulary(ValueError):
    """`line` cannot be read."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`groups`: words that mean the same; a group of one is a term of its own."""

    groups: tuple[tuple[str, ...], ...] = ()

    def find(self, query: str) -> tuple[str, ...]:
        """Return what the keyword leg is to look for besides the words of `query`.

        Of each group that the query names: every word, also the one that was named. A term of one's own thereby counts double, and
        is cut by itself, whatever stands around it in the query.
        """
        read = _fold(query)
        named = (group for group in self.groups if any(_names(read, _fold(word)) for word in group))
        return tuple(dict.fromkeys(word for group in named for word in group))


def read_vocabulary(text: str) -> Vocabulary:
    """Read lines like "PTO = paid time off = annual leave"; a line without "=" is one term. Raises: BadVocabulary."""
    groups: list[tuple[str, ...]] = []
    for line in text.splitlines():
        words = tuple(dict.fromkeys(" ".join(word.split()) for word in line.replace("＝", "=").split("=") if word.strip()))
        if not words:
            continue
        if len(groups) >= MAX_LINES or any(len(word) > MAX_WORD_CHARACTERS for word in words):
            raise BadVocabulary(line.strip())
        groups.append(words)
    return Vocabulary(groups=tuple(groups))


def _names(query: str, word: str) -> bool:
    """Tell whether the query holds the word: a Chinese one anywhere, another between the edges of words."""
    if _HAN.search(word):
        return word in query
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", query) is not None


def _fold(text: str) -> str:
    return fold_script(unicodedata.normalize("NFKC", text).casefold())
