"""Questions as people type them in a hurry: without capitals and marks, with a slip of the fingers."""

import random
import re

_MARKS = re.compile(r"[?？.。!！]+\s*$")
_WORD = re.compile(r"[a-z]{5,}")
_CONTRACTED = re.compile(r"(?<=[a-z])['’](?=[a-z])")


def roughen(question: str, rng: random.Random) -> str:
    """Return a question as it might be typed; what is asked stays the same."""
    typed = _MARKS.sub("", question)
    if not re.search(r"[A-Za-z]", typed):
        return typed
    typed = _CONTRACTED.sub("", typed.lower())
    words = list(_WORD.finditer(typed))
    if words and rng.random() < 0.4:
        typed = _slip(typed, rng.choice(words), rng)
    return typed


def _slip(text: str, word: re.Match[str], rng: random.Random) -> str:
    """Return the text with two letters inside a word exchanged, or one left out."""
    at = rng.randrange(word.start() + 1, word.end() - 2)
    if rng.random() < 0.5:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :]
