"""Metrics of questions, counted in the receipt's transaction so that they agree with the audit."""

from chat.flow.trace import AnswerTrace
from chat.types import VerdictKind
from metrics.instruments import Counter, Histogram, Observation

STAGE_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180)
ANSWER_BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160)
MARKS = frozenset({"total", "first_token", "first_sentence"})  # points in time since the question, and no stages

QUESTIONS = Counter(name="attest_questions", about="Questions by how they ended and how they came", labels=("outcome", "via"))
REFUSALS = Counter(name="attest_refusals", about="Refused questions by reason", labels=("reason",))
FAILURES = Counter(name="attest_question_failures", about="Questions without an answer by error", labels=("code",))
SENTENCES = Counter(name="attest_sentences", about="Sentences written by what verification found", labels=("verdict",))
WITHHELD = Counter(name="attest_sentences_withheld", about="Sentences that were not shown by reason", labels=("reason",))
FALLBACKS = Counter(name="attest_fallbacks", about="Answers quoted because no model gave one, by error", labels=("code",))
ANSWER = Histogram(
    name="attest_answer_seconds", about="From the question to its receipt", labels=("outcome",), bounds=ANSWER_BOUNDS_S
)
FIRST_SENTENCE = Histogram(
    name="attest_first_sentence_seconds",
    about="From the question to its first verified sentence",
    labels=("outcome",),
    bounds=ANSWER_BOUNDS_S,
)
STAGE = Histogram(name="attest_stage_seconds", about="Steps of answering", labels=("stage", "outcome"), bounds=STAGE_BOUNDS_S)
INSTRUMENTS = (QUESTIONS, REFUSALS, FAILURES, SENTENCES, WITHHELD, FALLBACKS, ANSWER, FIRST_SENTENCE, STAGE)


def measure(trace: AnswerTrace, *, outcome: str, reason: str) -> list[Observation]:
    """Return what a question that ends now adds.

    Args:
        outcome: "answered", "refused", "stopped" or "failed".
        reason: code of a refusal or a failure.
    """
    if trace.asked.kind != "question":
        return [QUESTIONS.add(outcome, trace.asked.kind)]  # all else is measured of what people ask
    found = [QUESTIONS.add(outcome, name_way(trace.asked.via))]
    if outcome == "refused":
        found.append(REFUSALS.add(reason))
    if outcome == "failed":
        found.append(FAILURES.add(reason))
    if trace.written.fallback:
        found.append(FALLBACKS.add(trace.written.fallback))
    for one in trace.written.checked:
        verdict = one.sentence.verdict
        found.append(SENTENCES.add(str(verdict.kind)))
        if verdict.kind == VerdictKind.WITHHELD:
            found.append(WITHHELD.add(verdict.reason))
    times_s = {step: ms / 1000 for step, ms in trace.timings_ms.items()}
    if "total" in times_s:
        found.append(ANSWER.observe(times_s["total"], outcome))
    if "first_sentence" in times_s:
        found.append(FIRST_SENTENCE.observe(times_s["first_sentence"], outcome))
    return found + [STAGE.observe(took_s, step, outcome) for step, took_s in times_s.items() if step not in MARKS]


def name_way(via: str) -> str:
    """Return how a question came, without which key it was."""
    return "key" if via.startswith("key:") else via
