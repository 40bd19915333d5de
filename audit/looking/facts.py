"""What reviewers look for inside payloads, taken out when an event is recorded: documents, models, receipts, words."""

from collections.abc import Iterable, Mapping
from typing import Any

from audit.chain.canonical import canonical_json, sha256_hex, storable
from audit.looking.terms import terms_of

FACT_LENGTH = 300
MAX_WORDS = 400  # an event; an answer has about 60 to 150
SPOKEN = ("question", "rewritten", "comment")  # parts of a payload that people wrote


def facts_of(payload: Mapping[str, Any], *, summary: str = "") -> tuple[tuple[str, str], ...]:
    """Return the (kind, value) pairs of an event, each once.

    "document", "document_uid", "title": of a receipt's evidence, of what it lists of the library, or of an event about a document.
    "model": who wrote the answer. "receipt": the answer that an event is about. "word": of the summary, the question, the answer
    and a comment.
    """
    evidence = payload.get("evidence")
    library = payload.get("library")
    listed = library.get("documents") if isinstance(library, Mapping) else None
    model = payload.get("model")
    entries = [payload, *(entry for entries in (evidence, listed) if isinstance(entries, list | tuple) for entry in entries)]
    found = [pair for entry in entries for pair in _documents(entry)]
    if isinstance(model, Mapping) and model.get("name"):
        found.append(("model", str(model["name"])))
    if payload.get("receipt") and not isinstance(payload["receipt"], Mapping | list | tuple):
        found.append(("receipt", str(payload["receipt"])))
    found += (("word", term) for term in terms_of([summary, *_spoken(payload)], limit=MAX_WORDS))
    return tuple(dict.fromkeys((kind, storable(value, max_length=FACT_LENGTH)) for kind, value in found))


def hash_facts(facts: Iterable[tuple[str, str]]) -> str:
    """Return the hash of an event's facts as its mark covers it: the same in whatever order they are read."""
    return sha256_hex(canonical_json(sorted([kind, value] for kind, value in facts)))


def _documents(entry: object) -> Iterable[tuple[str, str]]:
    if isinstance(entry, Mapping):
        for kind in ("document", "document_uid", "title"):
            if entry.get(kind) and not isinstance(entry[kind], Mapping | list | tuple):
                yield kind, str(entry[kind])


def _spoken(payload: Mapping[str, Any]) -> Iterable[str]:
    for name in SPOKEN:
        if isinstance(payload.get(name), str):
            yield payload[name]
    answer = payload.get("answer")
    if isinstance(answer, Mapping) and isinstance(answer.get("answer"), str):
        yield answer["answer"]
