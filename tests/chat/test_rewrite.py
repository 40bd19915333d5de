"""Follow-ups become questions that stand alone."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from audit.models import Event
from chat.flow.question import answer_question
from chat.flow.rewriting.by_model import Rewritten, rewrite_by_model
from chat.flow.rewriting.by_rule import read_follow_up, rewrite_question
from chat.flow.rewriting.follow_ups.value import FollowUp
from gateway.errors import ModelUnreachable
from gateway.ports import GenerationOptions
from gateway.routing.one_model import PlainChoice
from kb.index.search import PassageSearch
from kb.models import Collection
from tests.chat.library import LEAVE as LEAVE_TEXT
from tests.chat.library import QUESTION, ScriptedModel, add_document, asked_by, dependencies_with, search

LEAVE = "How many hours of annual leave do I earn per pay period after five years?"
LEAVE_ZH = "工作满10年的员工每年有几天带薪年假？"


@pytest.mark.parametrize(
    ("question", "previous", "expected"),
    [
        ("and after 15 years?", LEAVE, "How many hours of annual leave do I earn per pay period after 15 years?"),
        ("What about sick leave?", LEAVE, "How many hours of sick leave do I earn per pay period after five years?"),
        ("And after fifteen?", LEAVE, "How many hours of annual leave do I earn per pay period after fifteen years?"),
        ("And 15?", LEAVE, "How many hours of annual leave do I earn per pay period after 15 years?"),
        (
            "And with twenty-five?",
            "Who with five years of service gets a watch?",
            "Who with twenty-five years of service gets a watch?",
        ),
        ("And contractors?", LEAVE, "How many hours of annual leave do contractors earn per pay period after five years?"),
        ("And how many do interns get?", LEAVE, "How many hours of annual leave do interns get?"),
        ("And of the Gamma 9?", "What is the weight of the Delta 7?", "What is the weight of the Gamma 9?"),
        ("And the colour?", "What is the weight of the Delta 7?", "What is the colour of the Delta 7?"),
        ("What about red clay brick?", "What is the price of yellow clay brick?", "What is the price of red clay brick?"),
        ("Sorry, I meant the Gamma 9.", "What is the weight of the Delta 7?", "What is the weight of the Gamma 9?"),
        ("Are those the only ports in the whole country?", "What are the ports of the north coast?", "Which ports are there?"),
        ("Where is it cleaned?", "How often must I bring a lab coat to the laundry?", None),
        ("Who drives her?", "Who is the head of the fire brigade?", None),
        (
            "for part-time employees?",
            "How many vacation days are there?",
            "How many vacation days are there for part-time employees?",
        ),
        ("Who approves it?", "How do I request a laptop?", "Who approves it? (How do I request a laptop)"),
        ("Who approves it?", "What is the hotel limit in London?", "Who approves the hotel limit in London?"),
        ("And who signs it?", "Who keeps the guest book at the Leeds office?", "Who signs the guest book at the Leeds office?"),
        ("Is it paid?", "What is parental leave?", "Is parental leave paid?"),
        ("Is its length fixed?", "How long is the notice period?", "Is the notice period's length fixed?"),
        ("Is it possible to extend it?", "How long is probation?", "Is it possible to extend it? (How long is probation)"),
        ("那工龄12年呢?", LEAVE_ZH, "工龄12年的员工每年有几天带薪年假？"),
        ("病假呢？", "年假有几天？", "病假有几天？"),
        ("租赁合同呢？", "采购合同由谁签字？", "租赁合同由谁签字？"),
        ("北京呢？", "去上海出差住宿标准是多少？", "去北京出差住宿标准是多少？"),
        ("它在几楼？", "档案室可以坐多少人？", "档案室在几楼？"),
        ("不是，我是说租赁合同", "采购合同由谁签字？", "租赁合同由谁签字？"),
        ("它由谁批准？", "如何申请笔记本电脑？", "它由谁批准？（如何申请笔记本电脑）"),
    ],
)
def test_a_follow_up_takes_the_topic_of_the_question_before(question: str, previous: str, expected: str | None) -> None:
    in_brackets = f"{question} ({previous.rstrip('?')})"
    assert rewrite_question(question, [("An older question?", "x"), (previous, "an answer")]) == (expected or in_brackets)


@pytest.mark.parametrize(
    ("question", "previous", "expected"),
    [
        ("What is the price?", "Can you introduce the Delta 7?", "What is the price of the Delta 7?"),
        ("价格是多少？", "介绍一下Delta 7水泵", "Delta 7水泵的价格是多少？"),
    ],
)
def test_what_a_question_leaves_out_is_guessed_and_to_be_confirmed(question: str, previous: str, expected: str) -> None:
    assert read_follow_up(question, [(previous, "an answer")]) == FollowUp(expected, plain=question)


def test_the_question_that_a_long_story_ends_with_is_searched_alone() -> None:
    story = "I am new here and nobody at lunch could tell me. My aunt visits us next week and brings her parrot along. " * 2
    asked = "So, to cut it short: are parrots allowed in the canteen or not?"
    read = read_follow_up(f"{story}{asked}", [])
    assert read == FollowUp("Are parrots allowed in the canteen or not?", plain=f"{story}{asked}".strip())
    assert read_follow_up(f"{story}Is that allowed?", []).plain == ""
    assert read_follow_up(asked, []).plain == ""


@pytest.mark.parametrize(
    "question",
    [
        "How many weeks of parental leave can a new father take?",
        "女员工生双胞胎，产假一共是多少天？",
        "What is the dollar amount of the daily meal allowance in Chicago?",
        "Where is the travel policy?",
        "Is it allowed to carry over unused leave?",
        "What are the rules for passwords in the IT security policy?",
        "Who runs IT?",
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


@pytest.mark.parametrize(
    ("text", "searched", "understood"),
    [
        ("The Delta 7 pump lifts water. The price of the Delta 7 is 340 euros.", 1, "What is the price of the Delta 7?"),
        ("The price of a ticket is 340 euros.", 2, ""),
    ],
    ids=["confirmed", "not confirmed"],
)
def test_a_guess_that_is_confirmed_is_searched_once(
    employee: User, collection: Collection, text: str, searched: int, understood: str
) -> None:
    add_document(collection, "pumps.md", text)
    asked = asked_by(employee, "What is the price?", history=(("Can you introduce the Delta 7?", "A pump."),))
    questions: list[str] = []

    def find(question: str, **given: Any) -> PassageSearch:
        questions.append(question)
        return search(question, **given)

    answer = async_to_sync(answer_question)(asked, compose=lambda: dependencies_with(search=find))
    assert len(questions) == searched
    recorded = Event.objects.get(uid=answer.receipt).payload.data
    assert [(one["purpose"], one["kept"]) for one in recorded["searches"]] == [("follow_up", bool(understood))]
    assert answer.understood_as == understood
    assert "340 euros" in answer.text
    assert recorded["sufficiency"]["probability"] == answer.sufficiency
