"""Verify the sentences of one answer against its evidence."""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from chat.second_judge import LEAST_ENTAILMENT, SecondJudge
from chat.types import Citation, Evidence, Sentence, Verdict, VerdictKind
from chat.verify.claims import LEAST_MAXSIM, LEAST_WORD_MAXSIM, Claim, Judgement, judge
from chat.verify.markers import MarkedText, has_foreign_link, read_markers
from chat.verify.quantities import normalize
from chat.verify.windows import Passage, Window
from chat.verify.wording import split_clauses

logger = logging.getLogger(__name__)

_WINDOWS = 4  # windows of one passage that are looked at closely
_TURNED = ("negation", "direction")  # what speaks against a sentence as a whole: its parts may hide it
_FACTS = ("number", "date", "unit")  # of a clause that the evidence gives to other words
_SQUEEZE = re.compile(r"[\s*_`]+")


class ScoreTexts(Protocol):
    """`Engine.score_texts`: mean MaxSim per token of the query, against each text, in [-1, 1]."""

    def __call__(self, query: str, texts: Sequence[str], /) -> list[float]: ...


def verify_sentence(text_with_markers: str, evidence: Sequence[Evidence], *, score_texts: ScoreTexts) -> Sentence:
    """Verify one sentence; for several sentences of one answer, one `Verifier` reads the evidence only once."""
    return Verifier(evidence, score_texts=score_texts).verify(text_with_markers)


class Verifier:
    """Holds the sentences of one answer against its evidence.

    Args:
        evidence: what the model was given; markers name it.
        second_judge: asked after the rules; it can only withhold.
        score_texts: decides whether words that differ mean the same (English only: the bundled encoder reads no Chinese).
    """

    def __init__(self, evidence: Sequence[Evidence], *, score_texts: ScoreTexts, second_judge: SecondJudge | None = None) -> None:
        self._second_judge = second_judge
        self._passages = {piece.marker: Passage(piece) for piece in evidence}
        self._score_texts = score_texts

    def verify(self, text_with_markers: str) -> Sentence:
        """Return the sentence with its verdict; whatever goes wrong inside withholds it."""
        marked = MarkedText("", text_with_markers, ())
        try:
            marked = read_markers(text_with_markers)
            verdict = self._ask_second(marked, self._judge(marked))
        except Exception:
            logger.exception("sentence not verified length=%s", len(text_with_markers))
            verdict = _withheld("verifier_error")
        return Sentence(text=marked.text, verdict=verdict, prefix=marked.prefix)

    def _ask_second(self, marked: MarkedText, verdict: Verdict) -> Verdict:
        """Let the second judge, where there is one, withhold what its quotes do not entail; word for word needs no judge."""
        if self._second_judge is None or verdict.kind == VerdictKind.WITHHELD or self._is_verbatim(Claim(normalize(marked.text))):
            return verdict
        quotes = "\n".join(citation.quote for citation in verdict.citations)
        entailment = round(self._second_judge(marked.text, quotes), 4)
        if entailment < LEAST_ENTAILMENT:
            return replace(_withheld("not_entailed"), entailment=entailment)
        return replace(verdict, entailment=entailment)

    def _judge(self, marked: MarkedText) -> Verdict:
        if not marked.text:
            return _withheld("empty")
        if has_foreign_link(marked.text, "\n".join(passage.evidence.text for passage in self._passages.values())):
            return _withheld("link")
        claim = Claim(normalize(marked.text))
        if not claim.says_something:
            return _withheld("no_claim")
        verdict = self._judge_claim(claim, marked)
        if verdict.reason in _TURNED or self._is_verbatim(claim):
            return verdict
        parts = split_clauses(claim.text)
        return self._judge_parts(parts, marked, whole=verdict) if len(parts) > 1 else verdict

    def _judge_parts(self, parts: Sequence[str], marked: MarkedText, *, whole: Verdict) -> Verdict:
        """Hold the clauses of a sentence against the evidence one by one.

        Several sentences of the evidence told in one can agree with it, though no stretch of it reads like the whole; and where the
        whole reads like a stretch of it, two clauses may still have exchanged their facts.
        """
        verdicts = [self._judge_claim(Claim(part), marked) for part in parts]
        if whole.kind != VerdictKind.WITHHELD:
            return next((one for one in verdicts if one.kind == VerdictKind.WITHHELD and one.reason in _FACTS), whole)
        if any(verdict.kind == VerdictKind.WITHHELD for verdict in verdicts):
            return whole
        places = {(one.marker, one.start, one.end): one for verdict in verdicts for one in verdict.citations}
        is_right = {one.marker for one in places.values()} == set(marked.markers)
        return Verdict(
            kind=VerdictKind.SUPPORTED if is_right else VerdictKind.CORRECTED,
            reason="" if is_right else "bad_marker" if marked.markers else "no_marker",
            citations=tuple(places.values()),
            score=min(verdict.score for verdict in verdicts),
        )

    def _is_verbatim(self, claim: Claim) -> bool:
        return any(_find_exact(claim, passage) for passage in self._passages.values())

    def _judge_claim(self, claim: Claim, marked: MarkedText) -> Verdict:
        cited = [self._passages[marker] for marker in marked.markers if marker in self._passages]
        others = [passage for marker, passage in self._passages.items() if marker not in marked.markers]
        carried, reason = self._carried(claim, cited, each=True)
        if carried:
            is_right = len(carried) == len(marked.markers)
            return _shown(carried, VerdictKind.SUPPORTED if is_right else VerdictKind.CORRECTED, "" if is_right else "bad_marker")
        carried, other_reason = self._carried(claim, others, each=False)
        if carried:
            return _shown(carried, VerdictKind.CORRECTED, "bad_marker" if marked.markers else "no_marker")
        return _withheld(reason or other_reason or "unsupported")

    def _carried(self, claim: Claim, passages: Iterable[Passage], *, each: bool) -> tuple[list[tuple[Window, float]], str]:
        """Return the windows that carry the claim (`each`: one for every passage that does, else the best), or why none does."""
        judgements: list[Judgement] = []
        carried: list[tuple[Window, float]] = []
        for passage in passages:
            exact = _find_exact(claim, passage)
            if exact:
                carried.append((exact, 1.0))
                continue
            judgements += self._held_against(claim, passage)
        if carried and not each:
            return carried[:1], ""
        judgements.sort(key=lambda judgement: -judgement.coverage)
        seen = {window.evidence.marker for window, _ in carried}
        reason = ""
        for judgement in judgements:
            if judgement.window.evidence.marker in seen or (carried and not each):
                continue
            if judgement.reason:
                reason = reason or judgement.reason
                continue
            score = self._meaning(claim, judgement)
            if score is None:
                reason = reason or "unsupported"
                continue
            seen.add(judgement.window.evidence.marker)
            carried.append((judgement.window, score))
        return carried, reason

    def _held_against(self, claim: Claim, passage: Passage) -> list[Judgement]:
        found = []
        for window in passage.windows(claim.wording)[:_WINDOWS]:
            judgement = judge(claim, window)
            found.append(judgement)
            if judgement.is_sure:
                break
        return found

    def _meaning(self, claim: Claim, judgement: Judgement) -> float | None:
        """Return how well the window carries the claim, in [0, 1]; None where the wording differs and the meaning is not close."""
        if judgement.is_sure or claim.wording.is_chinese:
            return judgement.coverage
        for said, stands in judgement.swaps:
            if self._score_texts(said, [stands])[0] < LEAST_WORD_MAXSIM:
                return None
        window = judgement.window
        closeness = self._score_texts(claim.text, [window.whole])[0]
        if closeness < LEAST_MAXSIM and judgement.coverage < 0.8:
            return None
        return max(0.0, min(1.0, (closeness + judgement.coverage) / 2))


def _find_exact(claim: Claim, passage: Passage) -> Window | None:
    """Return the sentence that the claim repeats word for word."""
    wanted = _SQUEEZE.sub(" ", claim.text).strip(" .。;；|").casefold()
    for position, sentence in enumerate(passage.sentences):
        if _SQUEEZE.sub(" ", sentence.text).strip(" .。;；|").casefold() == wanted:
            return passage.whole(position, position)
    return None


def _shown(carried: Sequence[tuple[Window, float]], kind: VerdictKind, reason: str) -> Verdict:
    citations = tuple(_cite(window, score) for window, score in carried)
    return Verdict(kind=kind, reason=reason, citations=citations, score=max(citation.score for citation in citations))


def _withheld(reason: str) -> Verdict:
    return Verdict(kind=VerdictKind.WITHHELD, reason=reason)


def _cite(window: Window, score: float) -> Citation:
    quote, start, end = window.quote()
    evidence = window.evidence
    return Citation(
        marker=evidence.marker,
        chunk_id=evidence.chunk_id,
        document=evidence.document,
        document_uid=evidence.document_uid,
        title=evidence.title,
        version=evidence.version,
        version_uid=evidence.version_uid,
        page=evidence.page,
        page_number=evidence.page_number,
        page_label=evidence.page_label,
        quote=quote,
        start=start,
        end=end,
        score=round(max(0.0, min(1.0, score)), 4),
    )
