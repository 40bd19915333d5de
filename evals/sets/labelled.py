"""Texts whose sentences people labelled as supported by their passages or not: the folder `grounding`."""

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETS = ("ragtruth-qa", "ragtruth-summary", "llama-qa", "refchecker", "bump", "expertqa", "attributionbench")
WHOLE, LONE = "answer", "claim"  # levels of sets that label answers as a whole, and claims that stand alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What people said of a stretch [start, end) of a text."""

    start: int
    end: int
    is_true: bool
    is_framing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An answer, or a lone claim, with its labels. `source`: texts over the same passages share it."""

    key: str
    dataset: str
    source: str
    level: str
    passages: tuple[str, ...]
    question: str
    text: str
    labels: tuple[Label, ...]
    is_complete: bool = True  # every sentence of it has a label


def read_labelled(data: Path, name: str, *, limit: int | None = None) -> list[Labelled]:
    """Return the texts of one set, whole answers at a time, in an order that is random and always the same."""
    texts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read_rows(data / "grounding" / name):
        texts[row["answer"] or row["id"]].append(row)
    order = sorted(texts, key=lambda key: hashlib.sha1(key.encode()).digest())  # noqa: S324 - an order
    return [_labelled(key, texts[key]) for key in order[:limit]]


def in_turns(texts: Sequence[Labelled]) -> list[Labelled]:
    """Return texts in which something is unsupported in turn with others, each in their order; then what is left of either."""
    bad = [text for text in texts if any(not label.is_true for label in text.labels)]
    good = [text for text in texts if all(label.is_true for label in text.labels)]
    pairs = [text for pair in zip(bad, good, strict=False) for text in pair]
    shorter = min(len(bad), len(good))
    return [*pairs, *bad[shorter:], *good[shorter:]]


def _labelled(key: str, rows: list[dict[str, Any]]) -> Labelled:
    first = rows[0]
    text = first["context"]["text"] if first["answer"] else first["text"]
    return Labelled(
        key=key, dataset=first["set"], source=first["source"], level=first["level"], passages=tuple(first["passages"]),
        question=first["question"] or "", text=text, is_complete=all(row.get("whole", True) for row in rows),
        labels=tuple(_label(row, len(text)) for row in rows),
    )  # fmt: skip


def _label(row: dict[str, Any], length: int) -> Label:
    start, end = (row["context"]["start"], row["context"]["end"]) if row["answer"] else (0, length)
    return Label(start=start or 0, end=end or length, is_true=row["label"] == "supported", is_framing=row["framing"])


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of lines, packed or not; none where there is no such file."""
    for file in (path.with_suffix(".jsonl"), path.with_suffix(".jsonl.gz")):
        if file.exists():
            with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)
