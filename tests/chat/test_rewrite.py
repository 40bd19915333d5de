"""Follow-ups become questions that stand alone."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from audit.models import Event
from chat.flow.question import answer_question
from chat.flow.rewriting.by_model import Rewritten, rewrite_by_model
from chat.flow.rewriting.by_rule import rewrite_question
from gateway.errors import ModelUnreachable
from gateway.ports import GenerationOptions
from gateway.routing.one_model import PlainChoice
from kb.models import Collection
from tests.chat.library import LEAVE as LEAVE_TEXT
from tests.chat.library import QUESTION, ScriptedModel, add_document, asked_by, dependencies_with

LEAVE = "How many hours of annual leave do I earn per pay period after five years?"
LEAVE_ZH = "工作满10年的员工每年有几天带薪年假？"


@pytest.mark.parametrize(
    ("question", "previous", "expected"),
    [
        ("and after 15 years?", LEAVE, "How many hours of annual leave do I earn per pay period after 15 years?"),
        (
            "What about sick leave?",
            LEAVE,
            "How many hours of annual leave do I earn per pay period after five years, for sick leave?",
        ),
        (
            "for part-time employees?",
            "How many vacation days are there?",
            "How many vacation days are there for part-time employees?",
        ),
        ("Who approves it?", "How do I request a laptop?", "Who approves it? (How do I request a laptop)"),
        ("Is it paid?", "What is parental leave?", "Is it paid? (What is parental leave)"),
        ("Is it possible to extend it?", "How long is probation?", "Is it possible to extend it? (How long is probation)"),
        ("那工龄12年呢?", LEAVE_ZH, "工龄12年的员工每年有几天带薪年假？"),
        ("病假呢？", "年假有几天？", "病假，年假有几天？"),
        ("它由谁批准？", "如何申请笔记本电脑？", "它由谁批准？（如何申请笔记本电脑）"),
    ],
)
def test_a_follow_up_takes_the_topic_of_the_question_before(question: str, previous: str, expected: str) -> None:
    assert rewrite_question(question, [("An older question?", "x"), (previous, "an answer")]) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How many weeks of parental leave can a new father take?",
        "女员工生双胞胎，产假一共是多少天？",
        "What is the dollar amount of the daily meal allowance in Chicago?",
        "Where is the travel policy?",
        "Is it allowed to carry over unused leave?",
    ],
)
def test_a_question_that_stands_alone_is_unchanged(question: str) -> None:
    assert rewrite_question(question, [(LEAVE, "6 hours"), (LEAVE_ZH, "10天")]) == question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("OK. Other topic: which command renews a certificate?", "Which command renews a certificate?"),
        ("Thanks. Something else: who approves it?", "Who approves it?"),
        ("Thank you very much! Who signs the lease of the new office?", "Who signs the lease of the new office?"),
        ("By the way, is it paid?", "Is it paid?"),
        ("谢谢。换个话题：它由谁批准？", "它由谁批准？"),
        ("Okay Software licences: who orders them for the whole of the company?", None),
        ("Great Britain: which public holidays apply to colleagues there?", None),
    ],
)
def test_courtesies_and_the_announcement_of_another_topic_are_taken_off(question: str, expected: str | None) -> None:
    found = rewrite_question(question, [(LEAVE, "6 hours")])
    assert found == expected if expected else found.startswith(question[:5])


def test_without_history_nothing_changes() -> None:
    assert rewrite_question(" and after 15 years? ", []) == "and after 15 years?"


def choice_saying(text: str, **script: Any) -> PlainChoice:
    options = GenerationOptions(max_tokens=200, first_token_timeout_s=5, total_timeout_s=10)
    return PlainChoice(model=ScriptedModel(text, **script), options=options, context_tokens=4096)


def rewritten(question: str, previous: str, choice: PlainChoice) -> Rewritten:
    history = [(previous, "an answer")]
    return async_to_sync(rewrite_by_model)(question, history, by_rule=rewrite_question(question, history), choice=choice)


@pytest.mark.parametrize(
    ("question", "previous", "said"),
    [
        ("and after 15 years?", LEAVE, "How many hours of annual leave do I earn per pay period after 15 years?"),
        ("那工龄12年呢?", LEAVE_ZH, "工龄12年的员工每年有几天带薪年假？"),
        ("Who approves it?", "How do I request a laptop?", "“Who approves a laptop request?”"),
    ],
)
def test_a_model_puts_a_follow_up_where_there_is_one(question: str, previous: str, said: str) -> None:
    choice = choice_saying(said)
    assert rewritten(question, previous, choice) == Rewritten(text=said.strip("“”"), by="model")
    ((message,),) = choice.model.prompts
    assert previous in message.content and question in message.content
    assert "an answer" not in message.content


@pytest.mark.parametrize(
    "said",
    [
        "You earn 8 hours.",
        "How many hours after 20 years?",
        "How many hours after 15 years under plan ZX90?",
        "How many hours after fifteen years?",
        "How many hours after 15 years? [1]",
        "工作15年的员工有几小时年假？",
        "",
    ],
)
def test_what_a_model_invents_or_loses_leaves_the_rule(said: str) -> None:
    by_rule = "How many hours of annual leave do I earn per pay period after 15 years?"
    assert rewritten("and after 15 years?", LEAVE, choice_saying(said)) == Rewritten(text=by_rule, by="rule")


def test_a_model_that_fails_leaves_the_rule() -> None:
    def fail(_position: int) -> None:
        raise ModelUnreachable

    assert rewritten("and after 15 years?", LEAVE, choice_saying("x", before=fail)).by == "rule"


def test_the_rewrite_is_searched_and_kept(employee: User, collection: Collection) -> None:
    add_document(collection, "leave.md", LEAVE_TEXT)
    asked = asked_by(employee, "and with 20 years?", history=((QUESTION, "6 hours"),))
    said = "How many hours of annual leave do employees with 20 years of service earn per pay period?"
    answer = async_to_sync(answer_question)(asked, compose=lambda: dependencies_with(ScriptedModel(said)))
    recorded = Event.objects.get(uid=answer.receipt).payload.data
    assert (recorded["rewritten"], recorded["rewritten_by"]) == (said, "model")
    assert recorded["model"]["attempts"][0] | {"for": "rewrite", "kept": True} == recorded["model"]["attempts"][0]
