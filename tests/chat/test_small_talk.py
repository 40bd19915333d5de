"""What is no question, and what is one though it begins with a greeting."""

import pytest
from django.utils import translation

from chat.flow.small_talk import SmallTalk, read_small_talk, reply_to


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
