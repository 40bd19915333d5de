"""Which models are asked, and why."""

from typing import Any

import pytest

from gateway.ports import Request
from gateway.routing.rules import Rule, estimate_complexity, holds, pick_models, read_traits

BASE = Rule(name="base", primaries=((1, 100),))


def request(question: str = "How many hours?", **changes: Any) -> Request:
    return Request(question=question, **changes)


@pytest.mark.parametrize(
    ("question", "complexity"),
    [
        ("How many hours of leave do I get?", "simple"),
        ("年假有几天？", "simple"),
        ("Who approves a travel order?", "simple"),
        ("Compare sick leave and annual leave.", "complex"),
        ("What is the difference between the two plans?", "complex"),
        ("Why is the fee waived?", "complex"),
        ("比较事假和病假的区别", "complex"),
        ("报销的流程是什么？", "complex"),
        ("Who signs, who pays, who files and who keeps the form?", "complex"),
        ("word " * 41, "complex"),
    ],
)
def test_complexity_is_estimated(question: str, complexity: str) -> None:
    assert estimate_complexity(question) == complexity


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({}, True),
        ({"language": "en"}, True),
        ({"language": "zh"}, False),
        ({"complexity": "simple"}, True),
        ({"complexity": "complex"}, False),
        ({"question_classes": frozenset({"duration", "date"})}, True),
        ({"question_classes": frozenset({"person"})}, False),
        ({"collections": frozenset({"handbook"})}, True),
        ({"collections": frozenset({"finance"})}, False),  # only second among the evidence
        ({"language": "en", "collections": frozenset({"finance"})}, False),
    ],
)
def test_every_condition_of_a_rule_must_hold(rule: dict, fits: bool) -> None:
    traits = read_traits(request("How many hours of leave?", language="en", collections=("handbook", "finance")))
    assert holds(Rule(name="r", primaries=(), **rule), traits) is fits


def test_the_first_rule_that_holds_is_taken() -> None:
    chinese = Rule(name="chinese", primaries=((2, 100),), language="zh")
    assert pick_models((chinese, BASE), request(language="zh")).models == (2,)
    assert pick_models((chinese, BASE), request(language="en")).models == (1,)
    assert pick_models((BASE, chinese), request(language="zh")).models == (1,)
    assert pick_models((chinese,), request(language="en")).models == ()


def test_fall_backs_follow_in_order_and_each_model_stands_once() -> None:
    rule = Rule(name="r", primaries=((1, 100), (2, 100)), fallbacks=(4, 2, 3))
    assert sorted(pick_models((rule,), request()).models[:2]) == [1, 2]
    assert pick_models((rule,), request()).models[2:] == (4, 3)


def conversations(rule: Rule, count: int = 4000) -> list[int]:
    return [pick_models((rule,), request(conversation=f"c{number}")).models[0] for number in range(count)]


def test_a_canary_gets_its_share_and_each_conversation_stays_where_it_is() -> None:
    rule = Rule(name="r", primaries=((1, 100),), canary=9, canary_percent=10)
    first = conversations(rule)
    assert 0.08 < first.count(9) / len(first) < 0.12
    assert conversations(rule) == first
    answers = {pick_models((rule,), request(question, conversation="c7")).models[0] for question in ("a", "b", "c", "d")}
    assert len(answers) == 1


def test_a_larger_share_keeps_those_who_had_the_canary_already() -> None:
    few = conversations(Rule(name="r", primaries=((1, 100),), canary=9, canary_percent=10))
    many = conversations(Rule(name="r", primaries=((1, 100),), canary=9, canary_percent=30))
    assert all(later == 9 for earlier, later in zip(few, many, strict=True) if earlier == 9)
    assert many.count(9) > few.count(9)


def test_a_canary_that_fails_is_followed_by_the_others() -> None:
    rule = Rule(name="r", primaries=((1, 100),), canary=9, canary_percent=100, fallbacks=(3,))
    picked = pick_models((rule,), request())
    assert (picked.models, picked.reason) == ((9, 1, 3), "canary")


def test_weights_share_the_questions() -> None:
    found = conversations(Rule(name="r", primaries=((1, 300), (2, 100))))
    assert 0.71 < found.count(1) / len(found) < 0.79


def test_a_model_that_leaves_moves_only_its_own_conversations() -> None:
    three = conversations(Rule(name="r", primaries=((1, 100), (2, 100), (3, 100))))
    two = conversations(Rule(name="r", primaries=((1, 100), (2, 100))))
    assert all(before == after for before, after in zip(three, two, strict=True) if before != 3)
