"""The words of a text, as the audit keeps them to be looked for: the same for what was recorded and for what is asked."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

TERM_LENGTH = 40  # characters; what is longer is cut alike in both
_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(rf"[{_CHINESE}]+|[^\W_{_CHINESE}]+")


def terms_of(texts: Iterable[str], *, limit: int) -> tuple[str, ...]:
    """Return up to `limit` different terms: words in lower case, and of Chinese each two characters that stand side by side."""
    found: dict[str, None] = {}
    for text in texts:
        for term in _terms(text):
            found[term] = None
            if len(found) >= limit:
                return tuple(found)
    return tuple(found)


def _terms(text: str) -> Iterator[str]:
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = match.group()
        if re.match(f"[{_CHINESE}]", run) and len(run) > 1:
            yield from (run[at : at + 2] for at in range(len(run) - 1))
        else:
            yield run[:TERM_LENGTH]
