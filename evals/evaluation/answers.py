"""Measuring answers: does it answer what can be answered, refuse what cannot, and cite the right document."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from chat.types import Answer, Outcome, VerdictKind
from evals.datasets import Question
from evals.metrics import auroc, mean

Ask = Callable[[str], Answer]
_NOISE = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Return the text without case, width, spaces and punctuation, so that "10 天" is found in "10天。"."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())


def contains_gold(text: str, question: Question) -> bool:
    """Whether the text holds one of the accepted answers; where an answer has parts, one of each."""
    shown = normalise(text)
    parts = question.answers_all or (question.answers,)
    return all(any(normalise(answer) in shown for answer in part if normalise(answer)) for part in parts)


def measure_answers(
    questions: Sequence[Question], ask: Ask, *, names: dict[str, str], progress: Callable[[int], object]
) -> dict[str, float | None]:
    """Return the figures of the contract. `names`: the set's id of each document's uid."""
    refused: dict[bool, list[float]] = {True: [], False: []}
    sufficiency: dict[bool, list[float]] = {True: [], False: []}
    gold: list[float] = []
    precise: list[float] = []
    supported: list[float] = []
    for question in questions:
        answer = ask(question.text)
        refused[question.is_answerable].append(float(answer.outcome == Outcome.REFUSED))
        if answer.sufficiency is not None:
            sufficiency[question.is_answerable].append(answer.sufficiency)
        supported.extend(float(sentence.verdict.kind != VerdictKind.WITHHELD) for sentence in answer.sentences)
        if question.is_answerable:
            gold.append(float(answer.outcome == Outcome.ANSWERED and contains_gold(answer.text, question)))
            precise.extend(float(names.get(citation.place.document_uid) in question.relevant) for citation in answer.citations)
        progress(1)
    false_refusals = mean(refused[True])
    return {
        "answered_rate": None if false_refusals is None else round(1 - false_refusals, 4),
        "refused_rate_unanswerable": mean(refused[False]),
        "false_refusal_rate": false_refusals,
        "auroc": auroc(sufficiency[True], sufficiency[False]),
        "contains_gold": mean(gold) if any(question.answers or question.answers_all for question in questions) else None,
        "citation_precision": mean(precise),
        "supported_sentence_rate": mean(supported),
    }
