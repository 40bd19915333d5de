"""The measures, against figures worked out by hand."""

import math
from typing import Any

import pytest

from evals.datasets import Question
from evals.evaluation.answers import contains_gold, normalise
from evals.evaluation.report import spread
from evals.metrics import auroc, distinct, hit, mean, ndcg, percentile, recall


def make_question(**changes: Any) -> Question:
    blank: dict[str, object] = {"relevant": frozenset(), "pages": frozenset(), "answers": (), "answers_all": ()}
    return Question(**{"id": "1", "text": "?", "is_answerable": True, **blank, **changes})


def test_ndcg_discounts_by_rank_and_divides_by_the_best_order() -> None:
    relevant = frozenset({"a", "b"})
    assert ndcg(["a", "b", "c"], relevant, 10) == 1
    assert ndcg(["c", "a"], relevant, 10) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert ndcg(["c", "a"], relevant, 1) == 0
    assert ndcg([], frozenset(), 10) == 0


def test_hit_and_recall_look_at_the_first_k() -> None:
    ranked, relevant = ["x", "a", "b"], frozenset({"a", "b"})
    assert (hit(ranked, relevant, 1), hit(ranked, relevant, 2)) == (0, 1)
    assert (recall(ranked, relevant, 2), recall(ranked, relevant, 3)) == (0.5, 1)


def test_a_document_ranks_where_its_first_chunk_does() -> None:
    assert distinct(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_auroc_counts_ties_half() -> None:
    assert auroc([0.9, 0.8], [0.1]) == 1
    assert auroc([0.1], [0.9, 0.8]) == 0
    assert auroc([0.5, 0.5], [0.5]) == 0.5
    assert auroc([0.9, 0.2], [0.5, 0.1]) == 0.75
    assert auroc([], [0.1]) is None


def test_percentile_and_mean_of_nothing_are_none() -> None:
    assert percentile([], 0.5) is None
    assert mean([]) is None
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95


def test_gold_is_found_whatever_the_width_case_and_spaces() -> None:
    assert normalise("１０ 天。") == "10天"
    assert contains_gold("年休假为 10 天。", make_question(answers=("10天", "十天")))
    assert not contains_gold("年休假为5天。", make_question(answers=("10天",)))
    parts = make_question(answers_all=(("Ann", "Anna"), ("Bob",)))
    assert contains_gold("Anna and Bob", parts)
    assert not contains_gold("Anna alone", parts)


def test_a_limit_takes_questions_from_the_whole_set() -> None:
    questions = [make_question(id=str(number)) for number in range(100)]
    assert [question.id for question in spread(questions, 4)] == ["0", "25", "50", "75"]
    assert spread(questions, None) == questions
    assert spread(questions, 500) == questions
