"""One sentence of a text and its evidence: from the verifier's verdict to what is said of it."""

from dataclasses import replace

from chat.checking.framing import FramingKind, read_framing
from chat.checking.taking import MAX_SENTENCE
from chat.checking.values import CheckedKind, CheckedSentence
from chat.flow.dependencies import AnswerDependencies
from chat.types import Verdict, VerdictKind
from chat.verify import Verifier
from chat.verify.claims import Claim
from chat.verify.likelihood import estimate_support
from chat.verify.markers import read_markers, without_markers
from language.names import find_foreign_name
from language.quantities import normalize
from language.sentences import Span

_NOTHING = ("no_claim", "empty")
_TURNED = ("negation", "direction", "link")
_COUNTED = 20  # "the five steps": a lead may count what follows it


def check_sentence(
    span: Span,
    verifier: Verifier,
    *,
    framing: FramingKind | None,
    question: str,
    dependencies: AnswerDependencies,
    keeps_markers: bool,
) -> CheckedSentence:
    """Return one sentence with its verdict.

    Args:
        framing: what it looks like; it is checked all the same.
        keeps_markers: its markers name the passages; else they are somebody's footnotes.
    """
    found = CheckedSentence(text=span.text, start=span.start, end=span.end, kind=CheckedKind.FRAMING, score=0.0)
    if framing == "refusal":
        return replace(found, reason="refusal", score=1.0)
    if len(span.text) > MAX_SENTENCE:
        return replace(found, kind=CheckedKind.WITHHELD, reason="too_long")
    sentence = verifier.verify(span.text if keeps_markers else without_markers(span.text))
    verdict = sentence.verdict
    estimate = estimate_support(
        sentence.text,
        verifier.passages,
        verdict,
        question=question,
        score_stretches=dependencies.score_stretches,
        check_support=dependencies.check_support,
    )
    if framing is not None and verdict.kind == VerdictKind.WITHHELD and states_fact(sentence.text, verifier):
        framing = None
    kind, reason = _read_verdict(verdict, has_markers=keeps_markers and bool(read_markers(span.text).markers), framing=framing)
    citations = () if kind == CheckedKind.FRAMING else verdict.citations
    return replace(
        found, kind=kind, reason=reason, score=round(estimate.probability, 4), citations=citations, traits=estimate.traits
    )


def looks_like(span: Span, text: str) -> FramingKind | None:
    """Return what kind of framing a sentence of a text looks like, by itself and by where it stands."""
    begins = text.rfind("\n", 0, span.start) + 1
    prefix = text[begins : span.start]
    ends = text.find("\n", span.end)
    is_line = ends >= 0 and not text[span.end : ends].strip() and bool(text[ends:].strip()) and not any(map(str.isalnum, prefix))
    return read_framing(without_markers(span.text), prefix=prefix, is_line=is_line)


def states_fact(text: str, verifier: Verifier) -> bool:
    """Tell whether a lead or a heading holds an amount, a date, or a name that its evidence does not have: then it is a claim."""
    claim = Claim(normalize(text))
    if any(one.date or one.unit or one.value > _COUNTED or one.value % 1 for one in claim.quantities):
        return True
    return bool(find_foreign_name(claim.text, "\n".join(normalize(passage.evidence.in_context) for passage in verifier.passages)))


def _read_verdict(verdict: Verdict, *, has_markers: bool, framing: FramingKind | None) -> tuple[CheckedKind, str]:
    if verdict.kind == VerdictKind.WITHHELD:
        if verdict.reason in _NOTHING or (framing is not None and verdict.reason not in _TURNED):
            return CheckedKind.FRAMING, framing or verdict.reason
        return CheckedKind.WITHHELD, verdict.reason
    if framing == "heading":
        return CheckedKind.FRAMING, framing
    if verdict.kind == VerdictKind.CORRECTED and has_markers:
        return CheckedKind.CORRECTED, verdict.reason
    return CheckedKind.SUPPORTED, ""
