"""What is asked about the library itself: a value that the rules of each language read from a question."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from language.scripts.answer_language import language_of


class About(StrEnum):
    """What a question about the library asks for."""

    COUNT = "count"  # how many documents
    LIST = "list"  # which documents
    PEOPLE = "people"  # who wrote or uploaded a document
    CHANGED = "changed"  # when a document was uploaded or changed
    VERSION = "version"  # which version of a document answers
    RECENT = "recent"  # which documents were added or changed in a period
    COLLECTIONS = "collections"  # which collections there are


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryQuestion:
    """A question about the library itself."""

    about: About
    subject: str = ""  # words that the titles or names of the documents hold; "" where all are asked for
    is_kind: bool = False  # the subject names a kind of document ("contracts"), and no word says "documents"
    names_document: bool = False  # the subject comes with "the document", "the file"
    points_back: bool = False  # "it", "this document": one that the answer before rests on
    collection: str = ""  # name or address, where the question names one
    period: str = ""  # as it was written: "last week"
    is_change: bool = False  # of a period: changed, not added
    media_types: tuple[str, ...] = ()  # "PDFs": the document's own type; () for all


def tidy(question: str) -> str:
    """Return a question in one line and one form of width and quotes, without its final mark."""
    text = unicodedata.normalize("NFKC", question)
    text = re.sub(r"[“”„«»「」『』《》\"]", '"', text).replace("’", "'").replace("‘", "'")
    return re.sub(r"\s+", " ", text).strip().rstrip("?？!！.。 ").strip()


def is_chinese_question(question: str) -> bool:
    """Tell by which language's rules a question is read."""
    return language_of(question) == "zh"


def collection_of(found: re.Match[str]) -> str:
    """Return the collection that a rule found named, without quotation marks; empty where none is."""
    named = (value for name, value in found.groupdict().items() if name.startswith("collect") and value)
    return unquote(next(named, ""))


def unquote(text: str) -> str:
    """Return a subject without the quotation marks around it."""
    return text.strip().strip("\"'").strip()
