"""Figures of the judge by itself, on scores whose right figures can be counted by hand, and on a folder of labelled sentences."""

import json
from pathlib import Path

import pytest

from evals.intervals import interval
from evals.judge_alone import Scored, at_threshold, figures, score_sentences
from retrieval.judging.reader import Support


def _scored(true: list[float], false: list[float]) -> list[Scored]:
    rows = [(score, True) for score in true] + [(score, False) for score in false]
    return [Scored(dataset="x", source=str(i), is_true=is_true, score=score, text="") for i, (score, is_true) in enumerate(rows)]


def test_figures_by_hand() -> None:
    scored = _scored([0.9, 0.8, 0.35, 0.05], [0.1] * 8 + [0.4, 0.7])
    found = figures(scored)
    assert (found["n"], found["false"]) == (14, 10)
    assert found["true_withheld_at_90"]["value"] == 0.5  # the cut is at .4: nine of the ten false are caught
    assert found["auroc"]["value"] == pytest.approx((10 + 10 + 8 + 0) / 40)


def test_a_fixed_threshold_by_hand() -> None:
    found = at_threshold(_scored([0.9, 0.8, 0.2], [0.1, 0.6]), 0.5)
    assert (found["false_shown"], found["true_shown"]) == (1, 2)
    assert (found["false_caught"], found["true_withheld"]) == (0.5, 0.333)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0.5) / 2, abs=0.001)


def test_sentences_of_one_source_are_drawn_together() -> None:
    same, apart = [("a", 1.0)] * 50 + [("b", 0.0)] * 50, [(str(i), float(i < 50)) for i in range(100)]

    def bounds(rows: list[tuple[str, float]]) -> tuple[float, float] | None:
        return interval(rows, lambda row: row[0], lambda drawn: sum(value for _, value in drawn) / len(drawn))

    assert bounds(same) == (0.0, 1.0)
    low, high = bounds(apart) or (0, 0)
    assert 0.35 < low < 0.45 < 0.55 < high < 0.65


def test_framing_is_left_out_and_answers_stay_whole(tmp_path: Path) -> None:
    rows = [
        {"id": f"{answer}-{i}", "answer": answer, "source": answer, "question": None, "passages": ["p"], "text": f"{answer} {i}",
         "label": "supported" if i else "unsupported", "framing": i == 2}
        for answer in ("a", "b", "c") for i in range(3)
    ]  # fmt: skip
    (tmp_path / "grounding").mkdir()
    (tmp_path / "grounding" / "bump.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    class Judge:
        def check(self, claim: str, evidence: str, question: str) -> Support:
            return Support(supported=0.5, contradicted=0.2, untold=0.1, beside=0.2)

    scored = score_sentences(Judge(), tmp_path, "bump", limit=3)  # type: ignore[arg-type]
    assert len(scored) == 4  # two whole answers of two sentences
    assert {one.score for one in scored} == {0.7}
    assert [one.is_true for one in scored] == [False, True, False, True]
