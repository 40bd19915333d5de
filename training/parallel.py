"""Examples out of rules alone: things that are told in parallel (who leads which office, a table's rows), and sentences that give
one of them what belongs to its neighbour. The words and patterns stand in `frames.json`."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from training.examples import ANSWERS, SUPPORTS, Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How one fact is told, said again, and asked for. `{a}` is known, `{b}` is asked for."""

    told: str
    said: tuple[str, ...]
    asked: str
    keys: tuple[str, ...]
    values: tuple[str, ...]


@cache
def _frames() -> tuple[Frame, ...]:
    """Read `frames.json`: words, ranges of numbers (first, beyond the last, step), and the frames that name them."""
    read = json.loads((resources.files("training") / "frames.json").read_text(encoding="utf-8"))
    lists = {name: tuple(words) for name, words in read["words"].items()}
    lists |= {name: tuple(map(str, range(*bounds))) for name, bounds in read["numbers"].items()}
    return tuple(
        Frame(
            told=frame["told"], said=tuple(frame["said"]), asked=frame["asked"], keys=lists[frame["keys"]],
            values=lists[frame["values"]],
        )
        for frame in read["frames"]
    )  # fmt: skip


def make_parallel(count: int, *, seed: int) -> list[Example]:
    """Return about `count` examples, five of each small text."""
    rng = random.Random(seed)
    examples: list[Example] = []
    while len(examples) < count:
        examples += _of_frame(rng.choice(_frames()), rng, number=len(examples))
    return examples


def _of_frame(frame: Frame, rng: random.Random, *, number: int) -> Iterator[Example]:
    size = rng.randint(3, 5)
    keys, values = rng.sample(frame.keys, size), rng.sample(frame.values, size)
    told = [_fill(frame.told, key, value) for key, value in zip(keys[:-1], values[:-1], strict=True)]
    first, second = rng.sample(range(size - 1), 2)
    passage = ("\n" if frame.told[0] in "|t" else " ").join(told)
    asked = frame.asked.format(a=keys[first])

    def said(key: str, value: str, label: str, kind: str) -> Example:
        sentence = _fill(rng.choice(frame.said), key, value)
        return Example(
            task=SUPPORTS, question=asked, sentence=sentence, passage=passage, label=label, dataset="rules",
            group=str(number), kind=kind,
        )  # fmt: skip

    yield said(keys[first], values[first], "supported", "parallel")
    yield said(keys[first], values[second], "contradicted", "neighbour's")
    yield said(keys[second], values[second], "beside", "of the neighbour")
    if rng.random() < 0.5:
        yield said(keys[first], values[-1], "contradicted", "another value")
    yield said(keys[-1], rng.choice(values[:-1]), "untold", "of an unknown")
    start = passage.index(told[first])
    start += told[first].index(values[first]) if values[first] in told[first] else 0
    for key, answer in ((keys[first], (start, start + len(values[first]))), (keys[-1], None)):
        yield Example(
            task=ANSWERS, question=frame.asked.format(a=key), passage=passage, dataset="rules", group=str(number),
            kind="parallel" if answer else "of an unknown", answers=(answer,) if answer else (),
        )  # fmt: skip


def _fill(frame: str, key: str, value: str) -> str:
    filled = frame.format(a=key, b=value)
    return filled[:1].upper() + filled[1:] if not filled.startswith("team") else filled
