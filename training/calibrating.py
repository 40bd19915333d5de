"""Turn the trained judge's logits into probabilities, by sources that it was not trained on and that are not reported."""

import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from evals.metrics import auroc
from evals.sets.parts import CHOSEN, part_of
from evals.sets.reading_sets import Item, with_others
from retrieval.judging.forward import PairForward
from retrieval.judging.labels import LABELS
from retrieval.judging.pairs import PairBuilder
from retrieval.judging.places import Places
from training.examples import SUPPORTS, Example
from training.made import make_examples

_TEMPERATURES = tuple(round(0.5 + 0.1 * step, 1) for step in range(26))


def chosen_examples(items: Sequence[Item], *, seed: int, each: int) -> list[Example]:
    """Return examples of the sources that choose, at most `each` of a set and task: as people wrote them, and a few by rule."""
    sets: dict[str, list[Item]] = {}
    for item in items:
        if part_of(item.dataset, item.group) == CHOSEN:
            sets.setdefault(item.dataset, []).append(item)
    rng = random.Random(seed)
    examples: list[Example] = []
    for found in sets.values():
        sample = rng.sample(found, min(len(found), 2 * each))
        piles: dict[tuple[int, bool], list[Example]] = {}
        for example in make_examples(with_others(sample), seed=seed):
            piles.setdefault((example.task, bool(example.answers)), []).append(example)
        for (task, _), pile in piles.items():
            examples += rng.sample(pile, min(len(pile), each if task == SUPPORTS else each // 2))
    return examples


def calibrate(examples: Sequence[Example], builder: PairBuilder, run: PairForward) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the card says of the calibration, and how well the judge tells the examples apart."""
    asked: list[tuple[tuple[float, float], bool]] = []
    said: list[tuple[tuple[float, ...], tuple[bool, ...]]] = []
    for example in examples:
        passage = builder.passage(example.passage)
        if example.task == SUPPORTS:
            head = builder.sentence(example.sentence, example.question)
            window = next(iter(passage.windows()))
            said.append((run(builder.join(head, passage, *window)[0]).labels, example.allowed))
            continue
        places, head = Places(passage), builder.question(example.question)
        for window in passage.windows():
            ids, first = builder.join(head, passage, *window)
            places.add(window, first, run(ids))
        asked.append((places.evidence, bool(example.answers)))
    model = LogisticRegression().fit(np.array([values for values, _ in asked]), [answered for _, answered in asked])
    weights = [float(model.intercept_[0]), *map(float, model.coef_[0])]
    scores = model.decision_function(np.array([values for values, _ in asked]))
    temperature = min(_TEMPERATURES, key=lambda one: _loss(said, one))
    figures = {
        "questions": len(asked),
        "answerable_auroc": auroc(*_split([(float(score), answered) for score, (_, answered) in zip(scores, asked, strict=True)])),
        "sentences": len(said),
        "labels_loss": round(_loss(said, temperature), 4),
        "told_auroc": auroc(*_split([told for one in said if (told := _told(*one)) is not None])),
    }
    return {"answerable": [round(weight, 5) for weight in weights], "labels": temperature}, figures


def _told(logits: Sequence[float], allowed: Sequence[bool]) -> tuple[float, bool] | None:
    """Return a score that the evidence tells the sentence, and whether it does; None where the example does not say."""
    told = [name in ("supported", "beside") for name in LABELS]
    right = {is_told for is_told, is_allowed in zip(told, allowed, strict=True) if is_allowed}
    if len(right) != 1:
        return None
    raised = [math.exp(logit) for logit in logits]
    return sum(value for value, is_told in zip(raised, told, strict=True) if is_told) / sum(raised), right.pop()


def _loss(said: Sequence[tuple[tuple[float, ...], tuple[bool, ...]]], temperature: float) -> float:
    """Return the mean negative log likelihood of the labels that are allowed."""
    total = 0.0
    for logits, allowed in said:
        raised = [math.exp(logit / temperature) for logit in logits]
        total -= math.log(sum(value for value, right in zip(raised, allowed, strict=True) if right) / sum(raised))
    return total / max(1, len(said))


def _split(scored: Sequence[tuple[float, bool]]) -> tuple[list[float], list[float]]:
    return [score for score, right in scored if right], [score for score, right in scored if not right]
