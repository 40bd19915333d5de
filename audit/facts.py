"""What reviewers look for inside payloads: documents and models, taken out when an event is recorded."""

from collections.abc import Iterable, Mapping
from typing import Any

from audit.canonical import storable

FACT_LENGTH = 300


def facts_of(payload: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the (kind, value) pairs of a payload, each once: of a receipt's evidence, or of an event about a document."""
    evidence = payload.get("evidence")
    model = payload.get("model")
    found = [pair for entry in [payload, *(evidence if isinstance(evidence, list | tuple) else ())] for pair in _documents(entry)]
    if isinstance(model, Mapping) and model.get("name"):
        found.append(("model", str(model["name"])))
    return tuple(dict.fromkeys((kind, storable(value, max_length=FACT_LENGTH)) for kind, value in found))


def _documents(entry: object) -> Iterable[tuple[str, str]]:
    if isinstance(entry, Mapping):
        for kind in ("document", "document_uid"):
            if entry.get(kind) and not isinstance(entry[kind], Mapping | list | tuple):
                yield kind, str(entry[kind])
