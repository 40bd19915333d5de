"""The receipt of an answer: the payload of the one event that concludes its question."""

from dataclasses import asdict
from typing import Any

from chat.flow.asked import Asked
from chat.flow.steps import Checked, Found, Judged, Rewritten, Searched, Written
from chat.flow.trace import AnswerTrace
from chat.flow.writing.prompting import Prompt
from chat.library.step import library_receipt
from chat.types import Answer, Evidence
from kb.models import Collection


def receipt_of(trace: AnswerTrace, *, outcome: str, answer: Answer) -> dict[str, Any]:
    """Return everything that led to the answer, as JSON. `outcome`: "answered", "refused", "chat", "stopped" or "failed"."""
    asked, written, shown = trace.asked, trace.written, answer.as_dict()
    del shown["receipt"]  # the event that this becomes
    return {
        "question": asked.question,
        "via": asked.via,
        "rewritten": trace.rewritten.text,
        "rewritten_by": trace.rewritten.by,
        "normalized_question": trace.normalized_question,
        "language": asked.language,
        "guards": [hit.as_dict() for hit in trace.guarded.hits],
        "library": library_receipt(trace.library) if trace.library else {},
        "approved": asdict(trace.approved) if trace.approved else {},
        "scope": {"collections": [_named(one) for one in trace.scoped.collections]} | _narrowed(asked),
        "index_generation": trace.found.search.result.index_generation if trace.found else None,
        "search": _search(trace.found) if trace.found else {},
        "searches": [_searched(one) for one in trace.searched],
        "evidence": [_evidence(one) for one in trace.evidence],
        "sides": dict(trace.sides.receipt()) if trace.sides else {},
        "table": dict(trace.computed.receipt) if trace.computed else {},
        "sufficiency": _sufficiency(trace.judged) if trace.judged else {},
        "prompt": _prompt(written.prompt) if written.prompt else {},
        "model": _model(trace.rewritten, written),
        "raw_output": written.raw_output,
        "sentences": [_sentence(one) for one in written.checked],
        "outcome": outcome,
        "reason": answer.reason,
        "answer": shown,
        "citations": shown["citations"],
        "conversation": str(asked.turn.conversation.uid) if asked.turn else "",
        "turn": str(asked.turn.uid) if asked.turn else "",
        "timings_ms": dict(trace.timings_ms),
    }


def _named(collection: Collection) -> dict[str, Any]:
    named: dict[str, Any] = {"slug": collection.slug, "name": collection.name}
    return named | {"is_private": True} if collection.is_private else named


def _narrowed(asked: Asked) -> dict[str, Any]:
    narrowed = asked.within.as_dict()
    return {"within": narrowed} if narrowed else {}


def _search(found: Found) -> dict[str, Any]:
    result = found.search.result
    return {
        "dense_abstained": result.dense_abstained,
        "unknown_share": result.unknown_share,
        "timings_ms": dict(result.timings_ms),
        "vocabulary": [" = ".join(group) for group in found.search.also],
        "config": asdict(found.config),
    }


def _searched(one: Searched) -> dict[str, Any]:
    return asdict(one) | {"passages": [str(chunk_id) for chunk_id in one.passages]}


def _evidence(one: Evidence) -> dict[str, Any]:
    given = asdict(one)
    place, hit = given.pop("place"), given.pop("hit")._asdict()
    given["chunk_id"] = str(one.chunk_id)  # 63 bits: more than a JSON number holds in a browser
    scores = {name: value for name, value in hit.items() if name != "chunk_id"}
    return {**given, **place, "scores": scores}


def _sufficiency(judged: Judged) -> dict[str, Any]:
    if judged.probability is None:
        return {}
    return {
        "probability": judged.probability,
        "threshold": judged.threshold,
        "parts": dict(judged.parts),
        "calibration": judged.calibration,
        "judge": judged.judge,
        "features": dict(judged.features),
    }


def _prompt(prompt: Prompt) -> dict[str, Any]:
    return {
        "template": prompt.template,
        "template_hash": prompt.template_hash,
        "messages": [asdict(message) for message in prompt.messages],
        "tokens": prompt.tokens,
        "tokens_are_counted": prompt.tokens_are_counted,
        "markers": [one.marker for one in prompt.evidence],
    }


def _model(rewritten: Rewritten, written: Written) -> dict[str, Any]:
    asked_to_rewrite = [rewritten.attempt] if rewritten.attempt is not None else []
    return {
        "name": written.model,
        "base_url": written.base_url,
        "parameters": dict(written.parameters),
        "usage": asdict(written.usage) if written.usage else None,
        "fallback": written.fallback,
        "written_for": written.written_before,
        "failed_output": written.failed_output,
        "route": dict(written.route),
        "attempts": [dict(one) for one in (*asked_to_rewrite, *written.attempts)],
    }


def _sentence(one: Checked) -> dict[str, Any]:
    verdict = one.sentence.verdict
    return {
        "text": one.sentence.text,
        "raw": one.raw,
        "verdict": str(verdict.kind),
        "reason": verdict.reason,
        "markers": list(one.markers),
        "by_place": one.is_quoted,
        "by_program": one.is_label,
        "citations": [citation.marker for citation in verdict.citations] if one.is_shown else [],
        "score": verdict.score,
        "entailment": verdict.entailment,
    }
