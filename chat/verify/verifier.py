"""Verify the sentences of one answer against its evidence."""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from chat.types import Citation, Evidence, Sentence, Verdict, VerdictKind
from chat.verify.claims import LEAST_MAXSIM, LEAST_WORD_MAXSIM, Claim, Judgement, judge
from chat.verify.markers import MarkedText, has_foreign_link, read_markers
from chat.verify.planted import is_planted
from chat.verify.quotations import Quotation, word_place
from chat.verify.second_judge import LEAST_ENTAILMENT, SecondJudge
from chat.verify.windows import Passage, Window
from language.quantities import normalize
from language.wording import split_clauses

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
    """Checks the sentences of one answer against its evidence.

    Args:
        evidence: what the model was given; markers name it.
        second_judge: asked after the rules; it can only withhold.
        score_texts: decides whether words that differ mean the same (English only: the bundled encoder reads no Chinese).
    """

    def __init__(self, evidence: Sequence[Evidence], *, score_texts: ScoreTexts, second_judge: SecondJudge | None = None) -> None:
        self._second_judge = second_judge
        self._passages = {piece.marker: Passage(piece) for piece in evidence}
        self._score_texts = score_texts

    def among(self, markers: Iterable[int]) -> "Verifier":
        """Return a verifier that knows these pieces of the evidence alone; what was read of them is not read again."""
        verifier = Verifier((), score_texts=self._score_texts, second_judge=self._second_judge)
        verifier._passages = {marker: self._passages[marker] for marker in markers}
        return verifier

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The evidence, as it was read."""
        return tuple(self._passages.values())

    def verify(self, text_with_markers: str) -> Sentence:
        """Return the sentence with its verdict. Any error withholds it."""
        marked = MarkedText("", text_with_markers, ())
        try:
            marked = read_markers(text_with_markers)
            verdict = self._ask_second(marked, self._judge(marked))
        except Exception:  # the promise: a sentence that cannot be judged is not shown
            logger.exception("sentence not verified length=%s", len(text_with_markers))
            verdict = _withheld("verifier_error")
        return Sentence(text=marked.text, verdict=verdict, prefix=marked.prefix)

    def verify_quotation(self, quotation: Quotation) -> Sentence:
        """Return a quotation with its verdict. That the sentence stands at its place supports it, whatever its shape. The place is
        read again: other words there, or words that address an assistant, withhold it."""
        try:
            verdict = self._judge_place(quotation)
        except Exception:  # as for a sentence
            logger.exception("quotation not verified length=%s", len(quotation.text))
            verdict = _withheld("verifier_error")
        return Sentence(text=quotation.text, verdict=verdict, prefix=quotation.prefix)

    def _judge_place(self, quotation: Quotation) -> Verdict:
        passage = self._passages.get(quotation.marker)
        if passage is None or passage.evidence.chunk_id != quotation.chunk_id:
            return _withheld("misplaced")
        # Sentences that speak to an assistant are none of a passage's: they have no place.
        begins, ends = ({getattr(one, edge): i for i, one in enumerate(passage.sentences)} for edge in ("start", "end"))
        position = begins.get(quotation.start)
        if position is None or ends.get(quotation.end) != position or not quotation.text:
            return _withheld("misplaced")
        first, last = (begins.get(quotation.block[0]), ends.get(quotation.block[1])) if quotation.block else (position, position)
        if first is None or last is None or not first <= position <= last:
            return _withheld("misplaced")
        if any(sentence.follows_gap for sentence in passage.sentences[first + 1 : last + 1]):
            return _withheld("planted")
        if word_place(passage, position, is_led=quotation.is_led) != quotation.text:
            return _withheld("misplaced")
        sentence = passage.sentences[position]
        if is_planted(sentence.header) or is_planted(sentence.lead):  # which may come from beyond the passage
            return _withheld("planted")
        return _shown([(passage.whole(first, last), 1.0)], VerdictKind.SUPPORTED, "")

    def _ask_second(self, marked: MarkedText, verdict: Verdict) -> Verdict:
        """Let the second judge, where there is one, withhold what the quotes do not entail. A verbatim sentence needs no judge."""
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
        """Check the clauses of a sentence one by one.

        A sentence may combine several sentences of the evidence, so that no single window supports all of it. Where one does, two
        clauses may still have exchanged their facts.
        """
        verdicts = [self._judge_claim(Claim(part), marked) for part in parts]
        if whole.kind != VerdictKind.WITHHELD:
            return next((one for one in verdicts if one.kind == VerdictKind.WITHHELD and one.reason in _FACTS), whole)
        if any(verdict.kind == VerdictKind.WITHHELD for verdict in verdicts):
            return whole
        places = {(one.marker, one.place): one for verdict in verdicts for one in verdict.citations}
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
        supporting, reason = self._supporting(claim, cited, each=True)
        if supporting:
            is_right = len(supporting) == len(marked.markers)
            return _shown(
                supporting, VerdictKind.SUPPORTED if is_right else VerdictKind.CORRECTED, "" if is_right else "bad_marker"
            )
        supporting, other_reason = self._supporting(claim, others, each=False)
        if supporting:
            return _shown(supporting, VerdictKind.CORRECTED, "bad_marker" if marked.markers else "no_marker")
        return _withheld(reason or other_reason or "unsupported")

    def _supporting(self, claim: Claim, passages: Iterable[Passage], *, each: bool) -> tuple[list[tuple[Window, float]], str]:
        """Return the windows that support the claim (`each`: one of every passage that does, else the best), or why none does."""
        judgements: list[Judgement] = []
        supporting: list[tuple[Window, float]] = []
        for passage in passages:
            exact = _find_exact(claim, passage)
            if exact:
                supporting.append((exact, 1.0))
                continue
            judgements += self._compare(claim, passage)
        if supporting and not each:
            return supporting[:1], ""
        judgements.sort(key=lambda judgement: -judgement.coverage)
        seen = {window.evidence.marker for window, _ in supporting}
        reason = ""
        for judgement in judgements:
            if judgement.window.evidence.marker in seen or (supporting and not each):
                continue
            if judgement.reason:
                reason = reason or judgement.reason
                continue
            score = self._support(claim, judgement)
            if score is None:
                reason = reason or "unsupported"
                continue
            seen.add(judgement.window.evidence.marker)
            supporting.append((judgement.window, score))
        return supporting, reason

    def _compare(self, claim: Claim, passage: Passage) -> list[Judgement]:
        found = []
        for window in passage.windows(claim.wording)[:_WINDOWS]:
            judgement = judge(claim, window)
            found.append(judgement)
            if judgement.is_sure:
                break
        return found

    def _support(self, claim: Claim, judgement: Judgement) -> float | None:
        """Return how well the window supports the claim, in [0, 1]; None where neither wording nor meaning is close."""
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
    """Return the sentence that the claim repeats verbatim."""
    wanted = _SQUEEZE.sub(" ", claim.text).strip(" .。;；|").casefold()
    for position, sentence in enumerate(passage.sentences):
        if _SQUEEZE.sub(" ", sentence.text).strip(" .。;；|").casefold() == wanted:
            return passage.whole(position, position)
    return None


def _shown(supporting: Sequence[tuple[Window, float]], kind: VerdictKind, reason: str) -> Verdict:
    citations = tuple(_cite(window, score) for window, score in supporting)
    return Verdict(kind=kind, reason=reason, citations=citations, score=max(citation.score for citation in citations))


def _withheld(reason: str) -> Verdict:
    return Verdict(kind=VerdictKind.WITHHELD, reason=reason)


def _cite(window: Window, score: float) -> Citation:
    quote, start, end = window.quote()
    evidence = window.evidence
    return Citation(
        marker=evidence.marker,
        chunk_id=evidence.chunk_id,
        place=replace(evidence.place, start=start, end=end),
        quote=quote,
        score=round(max(0.0, min(1.0, score)), 4),
    )
