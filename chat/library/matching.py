"""Which documents a question names, by the words of their titles and names."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from chat.library.asked import LibraryQuestion
from kb.models import Document
from language.features import terms_of
from language.scripts.script import is_chinese

_LEAST_SHARE = 0.5  # of a title's terms: "the handbook" is the employee handbook, "pump" no title of six words
_TITLES_ALIKE = 5  # more documents than these fit no question about one


def match_subject(subject: str, documents: Iterable[Document]) -> list[Document]:
    """Return the documents whose title or name holds every word of the subject, as stems."""
    wanted = set(terms_of(subject))
    if not wanted:
        return []
    return [one for one in documents if wanted <= _terms(one) or _holds(subject, one)]


def match_one(asked: LibraryQuestion, documents: Sequence[Document]) -> list[Document]:
    """Return the document that a question is about, or the few that it may be about; none where that is not sure."""
    exact = [one for one in documents if asked.subject.casefold() in _spellings(one)]
    if exact:
        return exact[:_TITLES_ALIKE]
    found = match_subject(asked.subject, documents)
    if not asked.names_document:
        wanted = set(terms_of(asked.subject))
        found = [one for one in found if _share(wanted, one) >= _LEAST_SHARE]
    return found if len(found) <= _TITLES_ALIKE else []


def _terms(document: Document) -> set[str]:
    return set(terms_of(document.title)) | set(terms_of(_words(document.name)))


def _words(name: str) -> str:
    return re.sub(r"[_\-/.]+", " ", name)


def _holds(subject: str, document: Document) -> bool:
    """Tell whether a Chinese subject stands in a title as it is: words are cut by what stands around them."""
    bare = re.sub(r"\s+", "", subject)
    return len(bare) > 1 and is_chinese(bare) and any(bare in re.sub(r"\s+", "", text) for text in (document.title, document.name))


def _share(wanted: set[str], document: Document) -> float:
    """Return how much of the title, or of the file's own name, the wanted words are."""
    stem = PurePosixPath(document.name).stem
    shares = [len(wanted & held) / len(held) for text in (document.title, _words(stem)) if (held := set(terms_of(text)))]
    return max(shares, default=0.0)


def _spellings(document: Document) -> set[str]:
    path = PurePosixPath(document.name)
    return {text.casefold() for text in (document.title, document.name, path.name, path.stem)}
