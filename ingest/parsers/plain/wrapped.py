"""Hard-wrapped text: words that a line break cut in two are whole again, and a hyphen that belongs to a word stays."""

import re
from dataclasses import dataclass, field

from language.hyphens import keeps_hyphen, plain_word

# From the word's beginning alone: tried from each of its letters, a run of a million would take a million times as long.
BROKEN = re.compile(r"(?<!\S)(?P<before>\S*[^\W_])[-‐](?P<space>[ \t]*\n[ \t]*)(?P<after>[^\W_][^\s]*)")
WORD = re.compile(r"[^\s]+")
SUSPENDED = frozenset(("and", "or", "to", "und", "oder", "bis", "sowie"))  # "short- and long-term"
MAX_WORDS = 200_000


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
        return BROKEN.sub(self._whole, text) if "-\n" in text or BROKEN.search(text) else text

    def _whole(self, match: re.Match[str]) -> str:
        before, after = match["before"], match["after"]
        if plain_word(after) in SUSPENDED:
            return f"{before}- {after}"
        return f"{before}{'-' if keeps_hyphen(before, after, words=self.words) else ''}{after}"
