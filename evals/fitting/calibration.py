"""Fitting the models of sufficiency: from questions that are known to have an answer or none, through production's own search.

Two models a script (`chat/judge/sufficiency.py`), each a logistic regression whose weights keep the sign of their feature's
meaning: more missing names never make an answer more probable.

"subject" learns from questions without an answer, and from every answerable one asked once more with its own documents hidden:
that makes thousands of questions that the collection does not answer, in the collection's own words. "mismatch" learns from
unanswerable questions that were written against a document (`asked_of`), to look answerable. Both classes of a set weigh the same.
Figures are cross-validated by document or article, so that no question's neighbour is seen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from django.conf import settings
from scipy.optimize import minimize
from sklearn.model_selection import StratifiedGroupKFold

from accounts.models import User
from chat.flow.evidence import gather_evidence
from chat.judge.calibration import LogisticModel
from chat.judge.candidates import rank_sentences
from chat.judge.evidence_reading import read_evidence
from chat.judge.sufficiency import DEFAULT_THRESHOLD, READING, best_text, combine, read_features, script_of
from evals.datasets import Question
from evals.fitting.trained_reader import fit_reading
from evals.metrics import auroc
from kb.index.engine import Engine
from kb.index.search import PassageSearch, search_passages
from kb.models import Collection
from language.scripts.script import is_chinese
from retrieval.judging.opening import open_reader
from retrieval.types import SearchConfig

STRENGTH = 6.0  # of the mean loss against the ridge: low, since features say much the same; alike for few examples and for many
# Share of the questions, in use, that each model has nothing against: its intercept assumes it.
PRIOR = {"subject": 0.7, "mismatch": 0.62}
# Chinese has one model for both. On parts of DRCD and policy-zh .6 refuses .91 and .67 of what has no answer, where .7 refuses .79
# and 0; both refuse .01 and 0 of what has one, and .50 and .38 of questions in other words.
PRIOR_IN_CHINESE = {"subject": 0.6}
FOLDS, REPEATS = 6, 3
DEPTH = 30  # passages searched for, so that enough are left when a question's own documents are hidden
_RISING = {
    "latin": (
        *("rerank_best", "dense_best", "meaning_best", "meaning_first", "weakest_best", "meaning_margin", "type_fits_meaning"),
        *("type_fits_best", "type_fits_share", "words_share_sentence", "words_share_first", "words_share_window"),
        *("words_share_passage", "rare_share_window", "rare_share_first", "rare_share_passage", "fits_range", "legs_agree"),
    ),
    "han": (
        *("rerank_best", "dense_best", "meaning_best", "meaning_first", "meaning_margin", "type_fits_meaning"),
        *("rare_share_first", "rare_share_window", "rare_share_passage", "words_share_first", "words_share_window"),
        *("type_fits_best", "type_fits_share", "fits_range"),
    ),
    # No word of the question stands in the passage; figures and codes may.
    "cross": (*("dense_best", "meaning_best", "meaning_first", "type_fits_meaning", "fits_range"),),
}
_FALLING = {
    "latin": (
        *("unmet_best", "names_missing", "names_missing_window", "numbers_missing", "contradicts", "rare_missing_window"),
        *("words_missing",),
    ),
    "han": ("names_missing", "numbers_missing", "contradicts"),
    "cross": ("numbers_missing",),
}
_OWN_RISING = (
    *("own_share", "own_type_fits", "own_together", "own_in_order", "own_mean", "own_weakest", "own_unmatched_mean"),
    *("own_unmatched_weakest", "own_name_weakest"),
)
_OWN_FALLING = (
    *("own_missing", "own_rarest_missing", "own_names_missing", "own_names_missing_around", "own_numbers_missing"),
    *("own_opposites", "own_contradicts", "own_negation_differs", "own_negation_lost", "own_unmet", "is_negated"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question with what the evidence for it showed."""

    features: dict[str, float]
    is_answerable: bool
    script: str  # as `chat.judge.sufficiency.script_of` tells it
    teaches: tuple[str, ...] = ("subject",)  # the models that learn from it
    is_hidden: bool = False  # asked with its own documents hidden: only "subject" learns from it, and no figure counts it
    group: str = ""  # what it shares with its neighbours: their document, or the article that documents are parts of


Sets = Mapping[str, Sequence[Example]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def read_examples(
    question: Question, *, collection: Collection, user: User, engine: Engine, names: Mapping[int, str]
) -> list[Example]:
    """Search as production does; return what it showed, and for an answerable question what is shown without its documents.

    Args:
        names: the set's id of each document's primary key.
    """
    found = search_passages(question.text, user=user, collection=collection, engine=engine)
    script, features = _look(question, found, user=user, engine=engine)
    answerable = Example(
        features=features,
        is_answerable=question.is_answerable,
        script=script,
        teaches=_teaches(question),
        group=re.sub(r"-\d+$", "", question.asked_of or min(question.relevant, default=question.id)),
    )
    if not (question.is_answerable and question.relevant):
        return [answerable]
    deep = search_passages(question.text, user=user, collection=collection, engine=engine, config=SearchConfig(limit=DEPTH))
    passages = tuple(passage for passage in deep.passages if names.get(passage.chunk.version.document_id) not in question.relevant)[
        : SearchConfig().limit
    ]
    without = replace(deep, passages=passages, result=replace(deep.result, hits=tuple(passage.hit for passage in passages)))
    script, features = _look(question, without, user=user, engine=engine)
    hidden = replace(
        answerable,
        features=features,
        script=script,
        is_answerable=False,
        is_hidden=True,
        teaches=("subject",),
    )
    return [answerable, hidden] if passages else [answerable]


def _look(question: Question, found: PassageSearch, *, user: User, engine: Engine) -> tuple[str, dict[str, float]]:
    """Return the pair of scripts and the features, none where nothing was found."""
    evidence = gather_evidence(found.passages, user=user)
    if not evidence:
        return "han" if is_chinese(question.text) else "latin", {}
    reader = open_reader(settings.JUDGE)
    readings = read_evidence(question.text, evidence, reader.read if reader else None)
    ranked = rank_sentences(question.text, evidence, score_stretches=engine.score_stretches, readings=readings)
    script = script_of(question.text, best_text(evidence, ranked))
    return script, read_features(question.text, evidence, found.result, ranked, readings)


def _teaches(question: Question) -> tuple[str, ...]:
    if question.is_answerable:
        return ("subject", "mismatch")
    return ("mismatch",) if question.asked_of else ("subject",)


def fit_model(sets: Sets, *, part: str, script: str, weights: Mapping[str, float]) -> LogisticModel | None:
    """Fit one model of a script to the examples of several sets that teach it; None where no set shows both classes.

    Args:
        weights: of each set, as a whole.
    """
    taught = {name: [example for example in examples if part in example.teaches] for name, examples in sets.items()}
    taught = {name: part_of for name, part_of in taught.items() if weights[name] > 0 and _has_both(part_of)}
    if not taught:
        return None
    signs = signs_of(part, script)
    names = list(signs)
    values = np.concatenate([_values(examples, names) for examples in taught.values()])
    target = np.concatenate([_target(examples) for examples in taught.values()])
    shares = np.concatenate([weights[name] * _balanced(examples) for name, examples in taught.items()])
    shares = shares / shares.sum()
    mean = np.average(values, axis=0, weights=shares)
    scale = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=shares))
    scale[scale < 1e-6] = 1.0
    found = _minimise((values - mean) / scale, target, shares, [signs[name] for name in names])
    kept = [i for i in range(len(names)) if abs(found[i]) > 1e-4]
    share = (PRIOR | PRIOR_IN_CHINESE)[part] if script == "han" else PRIOR[part]
    prior = float(np.log(share / (1 - share)))
    return LogisticModel(
        intercept=round(float(found[-1]) + prior, 5),
        weights={names[i]: round(float(found[i]), 5) for i in kept},
        mean={names[i]: round(float(mean[i]), 5) for i in kept},
        scale={names[i]: round(float(scale[i]), 5) for i in kept},
    )


def signs_of(part: str, script: str) -> dict[str, int]:
    """Return the features that a model may use, each with the sign that its weight must have."""
    rising, falling = _RISING[script], _FALLING[script]
    if part == "mismatch":
        rising, falling = (*rising, *_OWN_RISING), (*falling, *_OWN_FALLING)
    return dict.fromkeys(rising, 1) | dict.fromkeys(falling, -1)


def _minimise(values: Floats, target: Floats, shares: Floats, signs: Sequence[int]) -> Floats:
    """Return the weights and last the intercept of a ridge logistic regression whose weights keep their signs."""
    sides = 2.0 * target - 1.0

    def loss(guess: Floats) -> tuple[float, Floats]:
        margins = sides * (values @ guess[:-1] + guess[-1])
        slopes = -STRENGTH * shares * sides / (1 + np.exp(margins))
        penalty = 0.5 * float(guess[:-1] @ guess[:-1])
        whole = STRENGTH * float(shares @ np.logaddexp(0, -margins)) + penalty
        return whole, np.append(values.T @ slopes + guess[:-1], slopes.sum())

    bounds = [(0.0, None) if sign > 0 else (None, 0.0) for sign in signs]
    found: Floats = minimize(
        loss, np.zeros(len(signs) + 1), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)], options={"maxiter": 500}
    ).x
    return found


def fit_models(sets: Sets, *, script: str, weights: Mapping[str, float]) -> dict[str, LogisticModel]:
    """Return the models of a script, those that some set can teach."""
    found = {part: fit_model(sets, part=part, script=script, weights=weights) for part in PRIOR}
    models = {part: model for part, model in found.items() if model is not None}
    reading = fit_reading(models, sets, weights=weights) if script != "cross" else None
    return models | ({READING: reading} if reading is not None else {})


def predict(models: Mapping[str, LogisticModel], examples: Sequence[Example]) -> Floats:
    """Return the probabilities as production combines them; 0 where nothing was found."""
    return np.array([combine(models, example.features)[0] if example.features else 0.0 for example in examples])


def cross_validate(sets: Sets, name: str, *, script: str, weights: Mapping[str, float]) -> Floats:
    """Return the probability of each example of the set `name` by models that have not seen it, nor its neighbours."""
    examples = sets[name]
    if not weights[name]:
        return predict(fit_models(sets, script=script, weights=weights), examples)
    target, groups = _target(examples), np.array([example.group for example in examples])
    folds = min(FOLDS, int(target.sum()), int((1 - target).sum()), len(set(groups)))
    found = np.zeros(len(examples))
    for repeat in range(REPEATS):
        for seen, kept in StratifiedGroupKFold(folds, shuffle=True, random_state=repeat).split(target, target, groups):
            models = fit_models({**sets, name: [examples[i] for i in seen]}, script=script, weights=weights)
            found[kept] += predict(models, [examples[i] for i in kept]) / REPEATS
    return found


def calibrate(sets: Sets, *, weights: Mapping[str, float], encoder: str) -> dict[str, Any]:
    """Return what a file of `chat/calibration/` holds: the models, and what they reach on what they have not seen.

    "judged" has the cross-validated probabilities of the questions as they were asked, for pictures.
    Raises: ValueError: no set shows questions with an answer and without, or one of weight 0 has nothing to learn from.
    """
    figures: dict[str, dict[str, float | None]] = {}
    models: dict[str, Any] = {}
    counted: dict[str, dict[str, int]] = {}
    judged: dict[str, list[tuple[float, bool]]] = {}
    for script in _RISING:
        parts = {name: [example for example in examples if example.script == script] for name, examples in sets.items()}
        parts = {name: part for name, part in parts.items() if _has_both(part)}
        fitted = fit_models(parts, script=script, weights=weights) if parts else {}
        if not fitted:
            continue
        counted[script] = {name: len(part) for name, part in parts.items()}
        for name, part in parts.items():
            pairs = zip(cross_validate(parts, name, script=script, weights=weights), part, strict=True)
            judged.setdefault(name, []).extend(
                (round(float(probability), 4), example.is_answerable) for probability, example in pairs if not example.is_hidden
            )
        models[script] = {part: asdict(model) for part, model in fitted.items()}
    if not models:
        raise ValueError("no set has questions with an answer and without")
    figures = {name: describe(pairs) for name, pairs in judged.items()}
    return {
        "encoder": encoder,
        "made": date.today().isoformat(),
        "sets": counted,
        "weights": dict(weights),
        "method": f"evals/fitting: logistic regressions, strength {STRENGTH}, priors {PRIOR}, in Chinese {PRIOR_IN_CHINESE}",
        "cross_validated": figures,
        "models": models,
        "judged": judged,
    }


def describe(judged: Sequence[tuple[float, bool]]) -> dict[str, float | None]:
    """Return AUROC, and the shares refused at the default threshold of those without and with an answer."""
    held = [probability for probability, is_answerable in judged if is_answerable]
    missing = [probability for probability, is_answerable in judged if not is_answerable]
    return {
        "auroc": auroc(held, missing),
        "refused_unanswerable": _share_below(missing),
        "false_refusals": _share_below(held),
    }


def _share_below(probabilities: Sequence[float]) -> float | None:
    return round(sum(value < DEFAULT_THRESHOLD for value in probabilities) / len(probabilities), 4) if probabilities else None


def _has_both(examples: Sequence[Example]) -> bool:
    return len({example.is_answerable for example in examples}) == 2


def _balanced(examples: Sequence[Example]) -> Floats:
    """Return each example's weight: both classes together 1, and each class a half."""
    target = _target(examples)
    weights: Floats = np.where(target == 1, 0.5 / target.sum(), 0.5 / (1 - target).sum())
    return weights


def _target(examples: Sequence[Example]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([int(example.is_answerable) for example in examples])


def _values(examples: Sequence[Example], names: Sequence[str]) -> Floats:
    return np.array([[example.features.get(name, 0.0) for name in names] for example in examples])


def as_table(fitted: Mapping[str, Any]) -> str:
    """Return the cross-validated figures and the weights for a terminal."""
    lines = [f"{'set':24}{'AUROC':>8}{'refused':>9}{'false':>8}"]
    for name, figures in fitted["cross_validated"].items():
        shown = ["–" if value is None else f"{value:.3f}" for value in figures.values()]
        lines.append(f"{name:24}{shown[0]:>8}{shown[1]:>9}{shown[2]:>8}")
    for script, parts in fitted["models"].items():
        for part, model in parts.items():
            lines.append(f"{script} {part}: " + ", ".join(f"{name} {weight:+.2f}" for name, weight in model["weights"].items()))
    return "\n".join(lines)
