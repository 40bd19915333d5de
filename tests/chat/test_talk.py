"""What is no question, and what is one though it begins with a greeting."""

from typing import Any

import pytest
from django.utils import translation

from chat.flow.talk.distress import read_distress, reply_to_distress
from chat.flow.talk.earlier import read_earlier
from chat.flow.talk.small_talk import SmallTalk, read_small_talk, reply_to


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Good morning!", "greeting"),
        ("hi", "greeting"),
        ("Hello there 👋", "greeting"),
        ("hello?", "greeting"),
        ("How are you?", "greeting"),
        ("thanks a lot, that helped!", "thanks"),
        ("OK, great", "thanks"),
        ("Thank you so much for your help", "thanks"),
        ("Bye!", "goodbye"),
        ("Good night", "goodbye"),
        ("Who are you?", "about_attest"),
        ("Hi, what can you do for me?", "about_attest"),
        ("are you a robot?", "about_attest"),
        ("你好", "greeting"),
        ("早上好！", "greeting"),
        ("谢谢，明白了", "thanks"),
        ("好的", "thanks"),
        ("再见", "goodbye"),
        ("你是谁？", "about_attest"),
        ("早上好，请问你会什么？", "about_attest"),
    ],
)
def test_it_recognises_what_is_no_question(message: str, kind: str) -> None:
    assert read_small_talk(message) == kind


@pytest.mark.parametrize(
    "message",
    [
        "",
        "???",
        "Hello, how many days of leave do I have?",
        "Thanks. Something else: what do I do with the meetings in my calendar?",
        "OK. Other topic: which command renews an expired certificate?",
        "hi, is there support?",
        "Who can help me?",
        "Can it be extended?",
        "and after twenty minutes?",
        "What can you tell me about it?",
        "What is the day?",
        "When?",
        "Hi 5",
        "Hello Москва",
        "Thanks " * 40,
        "你好，年假有几天？",
        "明白了，那婚假呢？",
        "数据库呢？",
        "早退",
        "谢谢信怎么写",
        "我可以吗",
    ],
)
def test_whatever_may_be_a_question_stays_one(message: str) -> None:
    assert read_small_talk(message) is None


@pytest.mark.parametrize("kind", SmallTalk)
def test_each_kind_has_a_reply_in_both_languages(kind: SmallTalk) -> None:
    english = reply_to(kind, "hello")
    assert english and english.isascii()
    assert translation.get_language() in (None, "en")


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("I want to kill myself", "self_harm"),
        ("i don't want to live any more", "self_harm"),
        ("I keep thinking of hurting myself", "self_harm"),
        ("I feel suicidal. What now?", "self_harm"),
        ("最近压力太大，我不想活了", "self_harm"),
        ("我想自杀", "self_harm"),
        ("A colleague has just collapsed in the hall!", "emergency"),
        ("there's a fire in the kitchen", "emergency"),
        ("My visitor is not breathing", "emergency"),
        ("着火了！三楼", "emergency"),
        ("有人晕倒了", "emergency"),
    ],
)
def test_who_is_in_distress_is_told_whom_to_call(message: str, kind: str, settings: Any) -> None:
    found = read_distress(message)
    assert found == kind
    settings.EMERGENCY_CONTACT = ""
    plain = reply_to_distress(found, message)
    settings.EMERGENCY_CONTACT = "Reception, extension 112"
    assert reply_to_distress(found, message).startswith(plain)
    assert "Reception, extension 112" in reply_to_distress(found, message)
    assert plain.isascii() == message.isascii()


@pytest.mark.parametrize(
    "message",
    [
        "What do I do when there is a fire?",
        "A colleague has collapsed, whom do I call?",
        "What does the policy say about suicide prevention?",
        "I cut myself on a blade. Who records the accident?",
        "Where is the fire extinguisher?",
        "I want to die-cut the gasket",
        "The meeting was bleeding time",
        "着火了怎么办？",
        "灭火器在哪里",
        "想死机重启怎么弄",
        "心理援助热线是多少？",
    ],
)
def test_a_question_about_an_emergency_goes_to_the_documents(message: str) -> None:
    assert read_distress(message) is None


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("What did I ask first?", "first"),
        ("what was my first question", "first"),
        ("What have I asked so far?", "all"),
        ("Sorry, what did I just ask?", "last"),
        ("What was my previous question?", "last"),
        ("我一开始问了什么？", "first"),
        ("请问我刚才问了什么来着", "last"),
        ("我一共问了哪些问题？", "all"),
        ("What did I ask for in the travel form?", None),
        ("What did the auditor ask first?", None),
        ("What questions must I ask first?", None),
        ("我问了什么部门", None),
    ],
)
def test_a_question_about_the_conversation_is_recognised(message: str, kind: str | None) -> None:
    assert read_earlier(message) == kind
