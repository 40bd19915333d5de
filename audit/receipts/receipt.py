"""A receipt as its page shows it: the payload's parts in words and rows, whatever of them is there."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from audit.receipts.shapes import mapping_of, sequence_of
from audit.words import GUARD_MODES, ORIGINS, OUTCOMES, REASONS, STAGES, STEPS, VERDICTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A name and what it holds: `value` for reading, `mono` where it is to be read letter by letter."""

    name: str
    value: str
    mono: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a passage; `markers` are the citations that quote it."""

    text: str
    markers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    marker: int
    title: str
    document: str
    version: str
    page: str
    heading_path: tuple[str, ...]
    prefix: str
    spans: tuple[Span, ...]
    scores: tuple[tuple[str, str, str], ...]  # stage, score, rank
    facts: tuple[Row, ...]

    @property
    def is_cited(self) -> bool:
        return any(span.markers for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A sentence of the model and what verification made of it."""

    text: str
    verdict: str
    word: str
    reason: str
    citations: tuple[int, ...]
    score: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    question: str
    rewritten: str
    normalized_question: str
    outcome: str
    outcome_word: str
    reason: str
    answer: str
    origin: str
    table: tuple[Row, ...]  # what was computed over which table
    library: tuple[Row, ...]  # what was looked up in the database, of a question about the library itself
    withheld: int
    guards: tuple[tuple[str, str, str], ...]  # name of a guard, its mode in words, the rule that was met
    scope: tuple[str, ...]
    via: str  # "key:12 att_ab12cd", "api", "command"; empty for the pages
    sentences: tuple[Judged, ...]
    passages: tuple[Passage, ...]
    search: tuple[Row, ...]
    search_config: tuple[Row, ...]
    sufficiency: tuple[Row, ...]
    features: tuple[Row, ...]  # what the sufficiency was judged by
    model: tuple[Row, ...]
    model_name: str
    prompt: tuple[Row, ...]
    messages: tuple[tuple[str, str], ...]  # role, content
    raw_output: str
    timings: tuple[tuple[str, str], ...]
    rest: tuple[Row, ...]  # everything, for events that are no question


def read_receipt(data: Mapping[str, Any]) -> Receipt:
    """Return the parts of a payload for its page. Reads any payload; what is not there stays empty."""
    answer = mapping_of(data.get("answer"))
    outcome = str(data.get("outcome", ""))
    reason = str(data.get("reason", ""))
    model, prompt, search, sufficiency = (mapping_of(data.get(name)) for name in ("model", "prompt", "search", "sufficiency"))
    citations = [mapping_of(entry) for entry in sequence_of(data.get("citations"))]
    sentences = tuple(_judged(mapping_of(entry)) for entry in sequence_of(data.get("sentences")))
    return Receipt(
        question=str(data.get("question", "")),
        rewritten=str(data.get("rewritten", "")),
        normalized_question=str(data.get("normalized_question", "")),
        outcome=outcome,
        outcome_word=str(OUTCOMES.get(outcome, outcome)),
        reason=str(REASONS.get(reason, reason)),
        answer=str(answer.get("answer", "")),
        origin=str(ORIGINS.get(str(answer.get("origin", "")), answer.get("origin", ""))),
        table=_rows(mapping_of(data.get("table"))),
        library=_rows(mapping_of(data.get("library"))),
        withheld=sum(sentence.verdict == "withheld" for sentence in sentences),
        guards=tuple(
            (str(hit.get("name", "")), str(GUARD_MODES.get(str(hit.get("mode")), hit.get("mode", ""))), str(hit.get("rule", "")))
            for hit in map(mapping_of, sequence_of(data.get("guards")))
        ),
        scope=tuple(
            str(mapping_of(entry).get("name", "")) for entry in sequence_of(mapping_of(data.get("scope")).get("collections"))
        ),
        via="" if data.get("via", "pages") == "pages" else str(data["via"]),
        sentences=sentences,
        passages=tuple(_passage(mapping_of(entry), citations) for entry in sequence_of(data.get("evidence"))),
        search=_rows(
            {"language": data.get("language"), "index_generation": data.get("index_generation")}
            | _without(search, "timings_ms", "config")
        ),
        search_config=_rows(mapping_of(search.get("config"))),
        sufficiency=_rows(_without(sufficiency, "features")),
        features=_rows(mapping_of(sufficiency.get("features"))),
        model=_rows(_without(model, "failed_output", "attempts") | _numbered("attempt", model.get("attempts"))),
        model_name=str(model.get("name", "")),
        prompt=_rows(_without(prompt, "messages")),
        messages=tuple(
            (str(message.get("role", "")), str(message.get("content", "")))
            for message in map(mapping_of, sequence_of(prompt.get("messages")))
        ),
        raw_output=str(data.get("raw_output", "")) or str(model.get("failed_output", "")),
        timings=tuple(
            (str(STEPS.get(name, name)), f"{value:,.1f}")
            for name, value in sorted(_timings(search, data), key=lambda step: step[1])
        ),
        rest=_rows(data),
    )


def _numbered(name: str, entries: Any) -> dict[str, Any]:
    """Give each entry of a list rows of its own: `attempt 1.row`, `attempt 1.calls 1.outcome`."""
    fields: dict[str, Any] = {}
    for number, entry in enumerate(sequence_of(entries), start=1):
        entry = mapping_of(entry)
        fields[f"{name} {number}"] = _without(entry, "calls") | _numbered("call", entry.get("calls"))
    return fields


def _timings(*parts: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield every step with its milliseconds; the search's own steps stand in a part of their own."""
    for part in parts:
        for name, value in mapping_of(part.get("timings_ms")).items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield name, value


def _judged(entry: Mapping[str, Any]) -> Judged:
    verdict, reason = str(entry.get("verdict", "")), str(entry.get("reason", ""))
    return Judged(
        text=str(entry.get("text", "")),
        verdict=verdict,
        word=str(VERDICTS.get(verdict, verdict)),
        reason=str(REASONS.get(reason, reason)),
        citations=tuple(marker for marker in sequence_of(entry.get("citations")) if isinstance(marker, int)),
        score=_number(entry.get("score")),
    )


def _passage(entry: Mapping[str, Any], citations: Sequence[Mapping[str, Any]]) -> Passage:
    scores = mapping_of(entry.get("scores"))
    page = entry.get("page_label") or entry.get("page")
    facts = {name: entry.get(name) for name in ("chunk_id", "text_hash", "version_uid", "start", "end")}
    return Passage(
        marker=int(entry.get("marker") or 0),
        title=str(entry.get("title", "")),
        document=str(entry.get("document", "")),
        version=str(entry.get("version", "")),
        page="" if page is None else str(page),
        heading_path=tuple(map(str, sequence_of(entry.get("heading_path")))),
        prefix=str(entry.get("prefix", "")),
        spans=_spans(entry, citations),
        scores=tuple(
            (str(name), _number(scores.get(score)), _number(scores.get(rank)))
            for name, score, rank in STAGES
            if scores.get(score) is not None
        ),
        facts=_rows(facts, mono=True),
    )


def _spans(entry: Mapping[str, Any], citations: Sequence[Mapping[str, Any]]) -> tuple[Span, ...]:
    """Cut the passage's text at the borders of the quotes that lie in it."""
    text, offset = str(entry.get("text", "")), entry.get("start") or 0
    quotes = [
        (max(0, citation["start"] - offset), min(len(text), citation["end"] - offset), int(citation.get("marker", 0)))
        for citation in citations
        if citation.get("version_uid") == entry.get("version_uid")
        and citation.get("page_number") == entry.get("page_number")
        and isinstance(citation.get("start"), int)
        and isinstance(citation.get("end"), int)
    ]
    quotes = [quote for quote in quotes if quote[0] < quote[1]]
    borders = sorted({0, len(text), *(start for start, _end, _marker in quotes), *(end for _start, end, _marker in quotes)})
    return tuple(
        Span(
            text=text[start:end],
            markers=tuple(sorted(marker for first, last, marker in quotes if first <= start and end <= last)),
        )
        for start, end in pairwise(borders)
    )


def _rows(values: Mapping[str, Any], *, mono: bool = False) -> tuple[Row, ...]:
    return tuple(Row(name=name, value=value, mono=mono or "hash" in name or "uid" in name) for name, value in _flat(values))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield dotted names and readable values; what is empty is left out."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, bool):
            yield name, "true" if value else "false"
        elif isinstance(value, float):
            yield name, _number(value)
        elif isinstance(value, list | tuple):
            if value:
                yield name, ", ".join(map(str, value)) if all(isinstance(item, str | int) for item in value) else _json(value)
        elif value not in (None, ""):
            yield name, str(value)


def _number(value: Any) -> str:
    """At most four decimals; nothing for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value) if isinstance(value, int) else f"{value:.4f}".rstrip("0").rstrip(".")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
