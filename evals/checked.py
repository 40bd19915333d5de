"""Labelled texts checked as `POST /api/v1/check` checks them, without its database: verdicts, scores and what they were made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from chat.checking.evidence import evidence_of_passages
from chat.checking.sentences import check_sentence, looks_like
from chat.checking.taking import cut_text
from chat.flow.dependencies import AnswerDependencies
from chat.verify import Verifier
from evals.sets.labelled import WHOLE, Label, Labelled

Said = Literal["shown", "withheld", "framing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What a check says of a stretch of a text. `traits` is empty where nothing was estimated."""

    start: int
    end: int
    verdict: str
    reason: str
    score: float
    traits: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A labelled stretch and what became of it."""

    dataset: str
    source: str
    is_true: bool
    said: Said
    score: float
    traits: Mapping[str, float]


def check_labelled(item: Labelled, dependencies: AnswerDependencies) -> tuple[Sentence, ...]:
    """Return the sentences of a text with their verdicts."""
    verifier = Verifier(
        evidence_of_passages(item.passages), score_texts=dependencies.score_texts, second_judge=dependencies.second_judge
    )
    found = []
    for span in cut_text(item.text):
        one = check_sentence(
            span, verifier, framing=looks_like(span, item.text), question=item.question, dependencies=dependencies,
            keeps_markers=True,
        )  # fmt: skip
        found.append(
            Sentence(
                start=one.start, end=one.end, verdict=str(one.kind), reason=one.reason, score=one.score, traits=dict(one.traits)
            )
        )
    return tuple(found)


def outcomes_of(item: Labelled, sentences: Sequence[Sentence]) -> list[Outcome]:
    """Return what became of each labelled stretch that says something; of an answer that has one label, of the answer.

    A sentence belongs to a stretch that shares at least half of the shorter of the two. A stretch is withheld where one of its
    sentences is, or where it has none.
    """
    found = []
    for label in item.labels:
        if label.is_framing:
            continue
        mine = sentences if item.level == WHOLE else [one for one in sentences if _belongs(one, label)]
        claims = [one for one in mine if one.verdict != "framing"]
        said: Said = "shown" if claims and all(one.verdict != "withheld" for one in claims) else "framing" if mine else "withheld"
        if any(one.verdict == "withheld" for one in mine):
            said = "withheld"
        worst = min(claims or list(mine), key=lambda one: one.score, default=None)
        found.append(
            Outcome(
                dataset=item.dataset, source=item.source, is_true=label.is_true, said=said,
                score=worst.score if worst else 0.0, traits=worst.traits if worst else {},
            )
        )  # fmt: skip
    return found


def _belongs(sentence: Sentence, label: Label) -> bool:
    shared = min(sentence.end, label.end) - max(sentence.start, label.start)
    return shared > 0 and 2 * shared >= min(sentence.end - sentence.start, label.end - label.start)


def rescored(sentences: Sequence[Sentence], score: Callable[[Mapping[str, float]], float]) -> tuple[Sentence, ...]:
    """Return the sentences with the scores of another model of the same traits."""
    return tuple(replace(one, score=round(score(one.traits), 4)) if one.traits else one for one in sentences)


def to_line(item: Labelled, sentences: Sequence[Sentence]) -> dict[str, Any]:
    """Return what is kept of a checked text: no words of it."""
    return {"key": item.key, "set": item.dataset, "sentences": [asdict(one) for one in sentences]}


def of_line(line: Mapping[str, Any]) -> tuple[Sentence, ...]:
    return tuple(Sentence(**{**one, "traits": one["traits"] or {}}) for one in line["sentences"])
