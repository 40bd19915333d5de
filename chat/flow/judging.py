"""The third step of an answer: does the evidence hold it? Below the threshold nothing is quoted, and a model is asked where the
evidence is on the subject."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chat.flow.dependencies import AnswerDependencies
from chat.flow.finding import find
from chat.flow.steps import Found, Judged, Rewritten, Searched
from chat.flow.trace import AnswerTrace
from chat.flow.writing.asks import topic_of
from chat.judge.candidates import rank_sentences
from chat.judge.evidence_reading import read_evidence
from chat.judge.sufficiency import DEFAULT_THRESHOLD, assess
from chat.types import Evidence
from gateway.threads import run_in_thread
from retrieval.vocabulary import in_words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A question beside the one that was asked, with what a search found for it. `judged` is None where it found nothing."""

    question: str
    found: Found
    judged: Judged | None

    @property
    def is_answered(self) -> bool:
        return self.judged is not None and self.judged.is_sufficient

    def note(self, trace: AnswerTrace, *, purpose: str, kept: bool) -> None:
        """Write the search into the receipt, and whether its outcome was used."""
        probability = self.judged.probability if self.judged else None
        passages = tuple(one.chunk_id for one in self.found.evidence)
        trace.note(Searched(question=self.question, purpose=purpose, probability=probability, kept=kept, passages=passages))


async def try_question(
    rewritten: Rewritten,
    *,
    dependencies: AnswerDependencies,
    trace: AnswerTrace,
    number: Callable[[Sequence[Evidence]], tuple[Evidence, ...]] = tuple,
) -> Tried:
    """Search and judge a question. The caller restores what the trace held, and notes the outcome.

    Args:
        number: gives the evidence its markers, where it joins other evidence.
    Raises: SearchFailed, AccessEnded.
    """
    found = await find(rewritten, asked=trace.asked, dependencies=dependencies, trace=trace)
    found = replace(found, evidence=number(found.evidence))
    judged = await judge(rewritten, found, dependencies=dependencies, trace=trace) if found.evidence else None
    return Tried(question=rewritten.text, found=found, judged=judged)


async def judge(rewritten: Rewritten, found: Found, *, dependencies: AnswerDependencies, trace: AnswerTrace) -> Judged:
    """Judge the evidence by the threshold of the collection that the best passage stands in."""
    with trace.timed("sufficiency"):
        return await run_in_thread(_judge)(rewritten, found, dependencies, trace)


def _judge(rewritten: Rewritten, found: Found, dependencies: AnswerDependencies, trace: AnswerTrace) -> Judged:
    """Keeps its values on the thread: one that is cancelled runs to its end, and its receipt says what it found."""
    question = in_words_of(rewritten.text, found.search.also, [piece.in_context for piece in found.evidence])
    judged = trace.keep(Judged(question=question))
    # An overview is judged by its subject: no sentence says what "what the handbook says" asks for.
    asked = topic_of(question) or question
    # Judged here, and quoted from where no model writes: the sentences are scored once.
    readings = read_evidence(asked, found.evidence, dependencies.read_passages)
    score = dependencies.score_stretches
    candidates = tuple(rank_sentences(asked, found.evidence, score_stretches=score, readings=readings))
    assessed = assess(
        asked,
        found.evidence,
        found.search.result,
        candidates=candidates,
        readings=readings,
        calibration=dependencies.calibration,
    )
    best = found.search.passages[0].chunk.version.document.collection
    chosen = dependencies.thresholds.get(best.pk, best.sufficiency_threshold)
    threshold = DEFAULT_THRESHOLD if chosen is None else chosen
    return trace.keep(
        replace(
            judged,
            candidates=candidates,
            probability=assessed.probability,
            threshold=threshold,
            parts=assessed.parts,
            features=assessed.features,
            calibration=dependencies.calibration.digest,
            judge=dependencies.judge,
        )
    )
