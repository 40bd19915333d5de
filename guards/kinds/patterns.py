"""Regular expressions, one a line, whatever the case. One that takes too long counts as met: nobody knows what it would find."""

from functools import lru_cache

import regex

from guards.models import Guard

TIMEOUT_S = 0.1


def find(guard: Guard, text: str) -> list[str]:
    """Return the patterns that match somewhere in the text."""
    return [line for line in guard.rules if _is_met(compile_pattern(line), text)]


@lru_cache(maxsize=1024)
def compile_pattern(line: str) -> "regex.Pattern[str]":
    """Raises: regex.error: it is no pattern."""
    return regex.compile(line, regex.IGNORECASE)


def _is_met(pattern: "regex.Pattern[str]", text: str) -> bool:
    try:
        return pattern.search(text, timeout=TIMEOUT_S) is not None
    except TimeoutError:
        return True
