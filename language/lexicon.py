"""Closed word lists that several parts of the answer read: written as text, kept as sets."""


def word_set(text: str) -> frozenset[str]:
    """Return the words of `text`, split at white space."""
    return frozenset(text.split())
