"""Train the judge: one pass over mixed examples on a CPU."""

import json
import logging
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from retrieval.encoding import processor
from retrieval.encoding.packed.model_file import ModelFile
from retrieval.encoding.packed.vocabulary import read_vocabulary
from retrieval.encoding.packed.weights import build_bert
from retrieval.judging.pairs import PairBuilder, Passage
from retrieval.judging.weights import load_weights
from training.examples import SUPPORTS, Example
from training.net import Net

logger = logging.getLogger(__name__)

_SORTED = 24  # batches among which examples are sorted by length
_NARROWEST, _WIDEST = 96, 224  # tokens of a window in training; as wide as it is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to train.

    Attributes:
        frozen: lower layers that stay as they are.
        rate: highest learning rate of the last layer; each layer below has `falling` of the one above it.
        new_rate: of the heads.
        warm_up: share of the run in which the rates rise; they fall to zero in a line afterwards.
        minutes: the run ends then, whether or not all examples were read; the rates follow the clock where it is faster.
    """

    seed: int = 1
    frozen: int = 4
    batch: int = 16
    rate: float = 1e-4
    falling: float = 0.92
    new_rate: float = 5e-4
    warm_up: float = 0.06
    decay: float = 0.01
    minutes: float = 600.0
    save_minutes: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An example as token ids; `first`: places where a right answer begins, `last`: where one ends (place 0: there is none)."""

    example: Example
    ids: list[int]
    first: tuple[int, ...]
    last: tuple[int, ...]


def begin(file: ModelFile, plan: Plan, start: Path | None = None) -> tuple[Net, PairBuilder]:
    """Return the judge as it is before training, and what builds its pairs.

    Args:
        start: a folder of weights that go on learning; None: a judge that has learnt nothing.
    Raises: JudgeError: they cannot be read.
    """
    tokenizer, rows = read_vocabulary(file)
    torch.manual_seed(plan.seed)
    net = Net(build_bert(file, rows, torch.float32), frozen=plan.frozen)
    if start is not None:
        learnt = load_weights(start)
        net.bert.load_state_dict(dict(learnt.bert), strict=False)
        net.heads.load_state_dict(dict(learnt.heads))
    return net, PairBuilder(tokenizer)


def train(net: Net, made: Sequence[Made], *, plan: Plan, out: Path) -> None:
    """Train; `out` gets a line of `losses.jsonl` for each step and the trained weights `net.pt` every so often."""
    net.train()
    optimizer = _optimizer(net, plan)
    began = saved = time.monotonic()
    batches = list(_batches(made, plan))
    with (out / "losses.jsonl").open("a", encoding="utf-8") as log:
        for step, batch in enumerate(batches):
            now = time.monotonic()
            done = max(step / len(batches), (now - began) / 60 / plan.minutes)
            if done >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = group["highest"] * min(done / plan.warm_up, (1 - done) / (1 - plan.warm_up))
            losses = _step(net, batch, optimizer)
            told = {"step": step, "of": len(batches), "done": round(done, 4), "s": round(now - began), **losses}
            log.write(json.dumps(told) + "\n")
            log.flush()
            if now - saved > 60 * plan.save_minutes:
                saved = now
                save_state(net, out / "net.pt")
                logger.info("training: step=%s of=%s done=%.3f", step, len(batches), done)
    save_state(net, out / "net.pt")


def save_state(net: Net, path: Path) -> None:
    """Write what was trained, whole or not at all."""
    trained = {name: value.detach() for name, value in net.named_parameters() if value.requires_grad}
    beside = path.with_suffix(".part")
    torch.save(trained, beside)
    beside.replace(path)


def _optimizer(net: Net, plan: Plan) -> torch.optim.AdamW:
    groups = [{"params": list(net.heads.parameters()), "highest": plan.new_rate}]
    for below, layer in enumerate(reversed(net.upper)):
        groups.append({"params": list(layer.parameters()), "highest": plan.rate * plan.falling**below})
    return torch.optim.AdamW(groups, lr=plan.rate, weight_decay=plan.decay, betas=(0.9, 0.98))


def _batches(made: Sequence[Made], plan: Plan) -> Iterator[list[Made]]:
    """Yield batches of about one length, in a random order."""
    rng = random.Random(plan.seed)
    order = rng.sample(range(len(made)), len(made))
    size = plan.batch * _SORTED
    for start in range(0, len(order), size):
        near = sorted((made[i] for i in order[start : start + size]), key=lambda one: len(one.ids))
        parts = [near[i : i + plan.batch] for i in range(0, len(near), plan.batch)]
        yield from rng.sample(parts, len(parts))


def make_pairs(examples: Sequence[Example], builder: PairBuilder, *, seed: int) -> list[Made]:
    """Return the examples as token ids; one whose answer does not stand whole in a window is left out."""
    rng = random.Random(seed)
    found = []
    for example in examples:
        passage = builder.passage(example.passage)
        if example.task == SUPPORTS:
            head = builder.sentence(example.sentence, example.question)
            window = _window_of_claim(example, passage, builder)
            found.append(Made(example=example, ids=builder.join(head, passage, *window)[0], first=(), last=()))
            continue
        places = [place for answer in example.answers if (place := _tokens_of(passage, answer)) is not None]
        if example.answers and not places:
            continue
        begin, end = _window_of_answer(passage, places, rng)
        ids, offset = builder.join(builder.question(example.question), passage, begin, end)
        inside = [(first, last) for first, last in places if first >= begin and last < end]
        if places and not inside:
            continue
        first, last = zip(*((a - begin + offset, b - begin + offset) for a, b in inside), strict=True) if inside else ((0,), (0,))
        found.append(Made(example=example, ids=ids, first=tuple(first), last=tuple(last)))
    return found


def _tokens_of(passage: Passage, answer: tuple[int, int]) -> tuple[int, int] | None:
    """Return the first and last token of an answer's characters."""
    inside = [i for i in range(len(passage.ids)) if passage.starts[i] < answer[1] and passage.ends[i] > answer[0]]
    return (inside[0], inside[-1]) if inside else None


def _window_of_answer(passage: Passage, places: Sequence[tuple[int, int]], rng: random.Random) -> tuple[int, int]:
    """Return a window of random width, around one of the answers where there is one."""
    length, width = len(passage.ids), rng.randint(_NARROWEST, _WIDEST)
    if length <= width:
        return 0, length
    low, high = 0, length - width
    if places:
        first, last = rng.choice(places)
        low, high = max(0, last + 1 - width), min(high, first)
    begin = rng.randint(low, high) if low <= high else first
    return begin, min(length, begin + width)


def _window_of_claim(example: Example, passage: Passage, builder: PairBuilder) -> tuple[int, int]:
    """Return the window that shares most tokens with the sentence: what is read when a sentence is checked."""
    said = set(builder.sentence(example.sentence, ""))
    return max(passage.windows(), key=lambda window: len(said & set(passage.ids[window[0] : window[1]])))


def _step(net: Net, batch: Sequence[Made], optimizer: torch.optim.Optimizer) -> dict[str, float]:
    ids, read = pad([one.ids for one in batch])
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=processor.multiplies_bf16()):
        outputs = net(ids, read)
    losses = _losses(outputs, read, batch)
    loss = torch.stack(list(losses.values())).sum() / len(batch)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_([value for value in net.parameters() if value.requires_grad], 1.0)
    optimizer.step()
    counts = {"labels": sum(one.example.task == SUPPORTS for one in batch)}
    counts["answerable"] = counts["places"] = len(batch) - counts["labels"]
    return {name: round(value.item() / max(1, counts[name]), 4) for name, value in losses.items() if counts[name]}


def pad(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return ids and what of them is read, [rows, longest]."""
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
    read = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, read


def _losses(outputs: tuple[Tensor, Tensor, Tensor], read: Tensor, batch: Sequence[Made]) -> dict[str, Tensor]:
    """Return the sums of the losses over a batch, by head."""
    places, answerable, labels = outputs
    likely = places.float().masked_fill(read[:, :, None] == 0, -math.inf).log_softmax(1)
    zero = answerable.sum() * 0
    sums = {"labels": zero, "answerable": zero, "places": zero}
    for row, one in enumerate(batch):
        if one.example.task == SUPPORTS:
            allowed = torch.tensor(one.example.allowed)
            sums["labels"] = sums["labels"] - labels[row].float().log_softmax(0)[allowed].logsumexp(0)
            continue
        target = torch.tensor(float(bool(one.example.answers)))
        binary = torch.nn.functional.binary_cross_entropy_with_logits(answerable[row].float(), target)
        sums["answerable"] = sums["answerable"] + binary
        for side, right in enumerate((one.first, one.last)):
            sums["places"] = sums["places"] - 0.4 * likely[row, list(set(right)), side].logsumexp(0)
    return sums
