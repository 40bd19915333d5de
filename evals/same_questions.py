"""Which questions mean the same? Fits the thresholds of `curation.matching` on half of hand-written groups, reports on the other.

Each line of `evals/sets/same_questions.jsonl` has a question with its answer, two questions that mean the same, and two that are
close and mean something else ("after fifteen years", "sick leave"): harder than what people ask, since most questions of a company
are not close at all. The question of each other group is a further pair that does not mean the same.

    python -m evals.same_questions [--json FILE]
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curation.matching import NEAR, are_compatible, embed_question, similarity
from retrieval.encoding.opening import open_encoder
from retrieval.judging.opening import open_reader

SET = Path(__file__).parent / "sets/same_questions.jsonl"
MOST_CLOSE = 0.0  # of close pairs that may be taken for the same: a wrong answer that somebody has signed is worse than none


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two questions; `kind`: "same", "close" (and not the same), or "apart" (of another group)."""

    left: str
    right: str
    kind: str
    similarity: float
    is_compatible: bool  # by the rules of `curation.matching`
    answers: float  # how probable it is that the answer to the left answers the right, by the trained judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Taken for the same from these values on. `has_rules`: where the rules see no difference, too."""

    similarity: float
    answers: float = 0.0
    has_rules: bool = True

    def takes(self, pair: Pair) -> bool:
        is_near = pair.similarity >= self.similarity and pair.answers >= self.answers
        return is_near and (pair.is_compatible or not self.has_rules)

    def measure(self, pairs: Sequence[Pair]) -> dict[str, float]:
        """Return the share of each kind that is taken for the same."""
        kinds = sorted({one.kind for one in pairs})
        return {kind: _share([self.takes(one) for one in pairs if one.kind == kind]) for kind in kinds}


def _share(taken: Sequence[bool]) -> float:
    return round(sum(taken) / len(taken), 3)


def read_groups(half: int) -> list[dict[str, Any]]:
    """Return the groups of a half, by turns, so that both have both languages."""
    rows = [json.loads(line) for line in SET.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [row for place, row in enumerate(rows) if place % 2 == half]


def make_pairs(groups: Sequence[dict[str, Any]]) -> Iterator[Pair]:
    encoder, judge = open_encoder("bundled"), open_reader("bundled")
    texts = [text for row in groups for text in (row["question"], *row["same"], *row["other"])]
    vectors = {text: embed_question(text, engine=encoder) for text in texts}

    def pair(row: dict[str, Any], right: str, kind: str) -> Pair:
        left = row["question"]
        near = similarity(vectors[left], vectors[right])
        answers = judge.read(right, [row["answer"]])[0].answerable if judge and kind != "apart" else float(judge is None)
        return Pair(left=left, right=right, kind=kind, similarity=near, is_compatible=are_compatible(left, right), answers=answers)

    for row in groups:
        yield from (pair(row, text, "same") for text in row["same"])
        yield from (pair(row, text, "close") for text in row["other"])
        yield from (pair(row, other["question"], "apart") for other in groups if other is not row)


def fit(pairs: Sequence[Pair], *, is_judged: bool) -> Rule:
    """Return the rule that takes most of the same, with at most MOST_CLOSE of the close ones and none apart."""
    steps = [step / 20 for step in range(20)] if is_judged else [0.0]
    rules = [Rule(similarity=near / 50, answers=step) for near in range(25, 50) for step in steps]
    found = [(rule.measure(pairs), rule) for rule in rules]
    allowed = [(shares["same"], rule) for shares, rule in found if shares["close"] <= MOST_CLOSE and not shares["apart"]]
    return max(allowed, key=lambda one: (one[0], one[1].similarity, one[1].answers))[1]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--show", action="store_true", help="print the pairs of the fitted half that go wrong")
    options = parser.parse_args(arguments)
    fitted, held_out = (list(make_pairs(read_groups(half))) for half in (0, 1))
    rules = {
        "judged": fit(fitted, is_judged=True),
        "alone": fit(fitted, is_judged=False),
        "gaps": Rule(similarity=NEAR, has_rules=False),
    }
    report = {}
    for name, rule in rules.items():
        report[name] = asdict(rule) | {"fitted": rule.measure(fitted), "reported": rule.measure(held_out)}
        print(name, json.dumps(report[name]))
    if options.show:
        for one in fitted:
            if one.kind != "apart" and rules["judged"].takes(one) != (one.kind == "same"):
                print(one)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
