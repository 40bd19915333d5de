"""Sentences made by rules, as labelled texts: true ones, and with a fact turned, among eight passages (`evals/faithfulness.py`)."""

import random
from collections.abc import Iterator
from pathlib import Path

from evals.faithfulness import MARKER, SEED, TRUE_KINDS, forms_of, read_truths
from evals.sets.labelled import Label, Labelled

ENGLISH, CHINESE = "made-en", "made-zh"
SETS = {
    "squad2-a": ENGLISH,
    "handbook": ENGLISH,
    "cmrc-a": CHINESE,
    "policy-zh": CHINESE,
}  # whose licence lets weights be fitted to them


def read_made(data: Path, name: str, *, limit: int) -> list[Labelled]:
    """Return the sentences of one language.

    Args:
        limit: true sentences that they are made from, of each set.
    """
    return [item for item in _read_all(data, limit=limit) if item.dataset == name]


def _read_all(data: Path, *, limit: int) -> Iterator[Labelled]:
    for position, truth in enumerate(read_truths(data, limit=limit)):
        if truth.dataset not in SETS:
            continue
        rng = random.Random(SEED + position)
        evidence, _marker = truth.evidence(rng)
        passages = tuple(f"{piece.place.title}\n{piece.text}".strip() for piece in evidence)
        for number, (kind, text) in enumerate(forms_of(truth, rng)):
            if kind != MARKER:
                yield Labelled(
                    key=f"made:{limit}:{position}:{number}", dataset=SETS[truth.dataset],
                    source=f"{truth.dataset}:{position}", level="sentence", passages=passages, question="", text=text,
                    labels=(Label(start=0, end=len(text), is_true=kind in TRUE_KINDS),),
                )  # fmt: skip
