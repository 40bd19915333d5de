"""Which questions are about the library itself: whole questions only, and never one about the content."""

from datetime import date

import pytest

from chat.library.asked import About
from chat.library.periods import Period, read_period
from chat.library.question import read_library_question

SATURDAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("question", "about", "subject"),
    [
        ("How many documents are there?", About.COUNT, ""),
        ("Can you tell me how many documents we have about travel?", About.COUNT, "travel"),
        ("How many documents do we have with Brightwater?", About.COUNT, "Brightwater"),
        ("Which documents do you have?", About.LIST, ""),
        ("List all documents about Brightwater.", About.LIST, "Brightwater"),
        ("Which amendments to the Brightwater contract exist?", About.LIST, "amendments to the Brightwater contract"),
        ("What is in this collection?", About.LIST, ""),
        ("Which collections can I read?", About.COLLECTIONS, ""),
        ("Who uploaded travel-guide.md?", About.PEOPLE, "travel-guide.md"),
        ("Who wrote the travel policy?", About.PEOPLE, "travel policy"),
        ("When was the travel policy last updated?", About.CHANGED, "travel policy"),
        ("What is the latest version of the employee handbook?", About.VERSION, "employee handbook"),
        ("Which files were added last week?", About.RECENT, ""),
        ("一共有几份文件？", About.COUNT, ""),
        ("有多少份关于差旅的文件？", About.COUNT, "差旅"),
        ("有哪些采购合同？", About.LIST, "采购合同"),
        ("关于年假的文件有哪些？", About.LIST, "年假"),
        ("这个资料集里有什么内容？", About.LIST, ""),
        ("有哪些资料集？", About.COLLECTIONS, ""),
        ("员工手册是谁上传的？", About.PEOPLE, "员工手册"),
        ("员工手册是什么时候更新的？", About.CHANGED, "员工手册"),
        ("员工手册的最新版本是哪个？", About.VERSION, "员工手册"),
        ("上周新增了哪些文件？", About.RECENT, ""),
    ],
)
def test_it_reads_what_is_asked_about_the_library(question: str, about: About, subject: str) -> None:
    read = read_library_question(question)
    assert read is not None
    assert (read.about, read.subject) == (about, subject)


@pytest.mark.parametrize(
    "question",
    [
        "Which documents do I have to submit for the claim?",
        "How many documents do new employees need to bring?",
        "How many files can I upload at once?",
        "How many documents do we have to keep, and for how long?",
        "Which papers do new colleagues hand in?",
        "Which policies apply to contractors?",
        "Who wrote Hamlet?",
        "Who wrote a paper on real time computations in 1973?",
        "Who approves the travel policy?",
        "When was the company founded?",
        "What is the latest date for a claim?",
        "Which five flexible schedules are there?",
        "What is new in the travel policy?",
        "申请工伤认定要交哪些材料？",
        "入职要提交几份文件？",
        "劳动合同里必须写哪些条款？",
        "关于加班有哪些规定？",
        "有哪些规定？",
        "《三遂平妖传》的作者是谁？",
        "最低工资标准是什么时候调整的？",
        "劳动合同要存几年？",
    ],
)
def test_a_question_about_the_content_is_none_about_the_library(question: str) -> None:
    assert read_library_question(question) is None


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("last week", date(2026, 11, 16), date(2026, 11, 22)),
        ("上周", date(2026, 11, 16), date(2026, 11, 22)),
        ("this month", date(2026, 11, 1), SATURDAY),
        ("上个月", date(2026, 10, 1), date(2026, 10, 31)),
        ("in the last 3 days", date(2026, 11, 26), SATURDAY),
        ("in the past two weeks", date(2026, 11, 15), SATURDAY),
        ("最近三天", date(2026, 11, 26), SATURDAY),
        ("最近十二天", date(2026, 11, 17), SATURDAY),
        ("since 1 November 2026", date(2026, 11, 1), SATURDAY),
        ("去年", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_a_period_is_the_days_that_it_names(words: str, first: date, last: date) -> None:
    assert read_period(words, today=SATURDAY) == Period(first=first, last=last)


def test_words_that_name_no_days_are_no_period() -> None:
    assert read_period("since the merger", today=SATURDAY) is None
