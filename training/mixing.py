"""Part the examples by source, and mix as many of each set as are wanted."""

import random
from collections import defaultdict
from collections.abc import Sequence

from evals.sets.parts import REPORTED, TRAINED, part_of
from evals.sets.reading_sets import Item
from training.examples import SUPPORTS, Example
from training.written import WRITTEN

# Examples of each set: (question and passage, sentence and evidence). Sets that are not named give none.
QUOTAS = {
    "squad2-a": (3600, 1300), "qamr": (2600, 300), "qed": (1700, 600), "clapnq": (450, 400), "tatqa": (500, 250),
    "mtrag-un": (60, 250), "xquad": (900, 250), "drcd": (2700, 900), "cmrc-a": (1300, 500), "cmrc-trial": (1200, 400),
    "rules": (500, 500), "fm2": (0, 1300), "fever-symmetric": (0, 700), "conjnli": (0, 300),
    WRITTEN: (14000, 300),
}  # fmt: skip
_WHOLE = (WRITTEN,)  # of these the quota is taken whatever the share: they are what the judge is for
# What people wrote, for one of each kind that rules made.
_OFTEN = {"asked": 5, "asked without answer": 5, "another part": 3}
_SPARE = 0.6  # questions for an example: each gives several, and half of the examples have no answer


def choose_items(items: Sequence[Item], *, seed: int, share: float = 1.0) -> list[Item]:
    """Return enough questions for the quotas, from sources that are trained on."""
    passages: dict[str, dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if is_learnt(item.dataset, item.group):
            passages[item.dataset][item.passage].append(item)
    rng = random.Random(seed)
    chosen: list[Item] = []
    for dataset, found in sorted(passages.items()):
        wanted = max(_quotas(dataset, share)) * _SPARE
        taken: list[Item] = []
        for passage in rng.sample(sorted(found), len(found)):
            if len(taken) >= wanted:
                break
            taken += found[passage]
        chosen += taken
    return chosen


def is_learnt(dataset: str, source: str) -> bool:
    """Tell whether a source is trained on: what others report of the written passages, `training/unread` reports."""
    part = part_of(dataset, source)
    return part == TRAINED or (dataset == WRITTEN and part == REPORTED)


def mix(examples: Sequence[Example], *, seed: int, share: float = 1.0) -> list[Example]:
    """Return a shuffled sample with the quotas of each set, `share` of them: half of the questions with an answer, kinds of one set
    in turn, so that none floods it. Questions of a set that has too few come twice, each time in another window."""
    piles: dict[tuple[str, int, bool], dict[str, list[Example]]] = defaultdict(lambda: defaultdict(list))
    for example in examples:
        piles[example.dataset, example.task, bool(example.answers)][f"{example.kind} {example.label}"].append(example)
    rng = random.Random(seed)
    mixed: list[Example] = []
    for (dataset, task, _), kinds in sorted(piles.items()):
        quota = _quotas(dataset, share)[task == SUPPORTS] / (1 if task == SUPPORTS else 2)
        mixed += _in_turn(kinds, round(quota), rng, times=1 if task == SUPPORTS else 2)
    rng.shuffle(mixed)
    return mixed


def _quotas(dataset: str, share: float) -> tuple[float, float]:
    questions, sentences = QUOTAS.get(dataset, (0, 0))
    scale = 1.0 if dataset in _WHOLE else share
    return questions * scale, sentences * scale


def _in_turn(kinds: dict[str, list[Example]], quota: int, rng: random.Random, *, times: int) -> list[Example]:
    """Return `quota` examples, one of each kind in turn; all of them again where they are too few."""
    taken: list[Example] = []
    for _ in range(times):
        left = {kind: rng.sample(found, len(found)) for kind, found in sorted(kinds.items())}
        while len(taken) < quota and any(left.values()):
            for kind, pile in left.items():
                taken += [pile.pop() for _ in range(min(_OFTEN.get(kind.strip(), 1), len(pile)))]
    return taken[:quota]
