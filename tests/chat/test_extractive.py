"""The answer without a model: the best sentences, word for word, with their markers."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chat.candidates import rank_sentences
from chat.extractive import extract
from chat.types import Evidence, VerdictKind
from chat.verify import Verifier
from retrieval.analyzer import terms
from retrieval.types import Closeness, Hit, Stretch

LEAVE = (
    "Annual leave depends on service. It is earned as follows:\n\n- Less than 3 years: 4 hours per pay period\n"
    "- Between 3 and 15 years: 6 hours per pay period\n- More than 15 years: 8 hours per pay period\n\n"
    "The kitchen is on the second floor. Credit hours are earned by working longer. They expire when you move to another agency."
)
EXPENSES = "| Grade | Daily limit |\n|---|---|\n| Manager | $500 |\n| Director | $900 |"
LEAVE_ZH = (
    "第十条 职工累计工作已满1年不满10年的，年休假5天；\n已满10年不满20年的，年休假10天；\n"
    "已满20年的，年休假15天。\n用人单位不得扣减工资。"
)


def evidence(marker: int, text: str, *, title: str = "") -> Evidence:
    return Evidence(
        marker=marker, chunk_id=marker, document_uid="d", document=title, title=title, version=1, version_uid="v", page=None,
        page_number=1, page_label="", heading_path=(), prefix="", text=text, text_hash="", start=0, end=len(text),
        hit=Hit(chunk_id=marker, score=1.0, rank=marker),
    )  # fmt: skip


EVIDENCE = [evidence(1, LEAVE, title="Leave"), evidence(2, EXPENSES, title="Expenses"), evidence(3, LEAVE_ZH, title="年休假条例")]


def shared_words(query: str, texts: Sequence[str]) -> list[float]:
    """Stand in for the encoder: the share of the query's words that each text has."""
    words = set(terms(query))
    return [len(words & set(terms(text))) / max(1, len(words)) for text in texts]


def shared_stretches(query: str, stretches: Sequence[Stretch]) -> list[Closeness]:
    shares = shared_words(query, [stretch.text for stretch in stretches])
    return [Closeness(mean=share, weakest=share, unmet=1 - share) for share in shares]


def shown_for(question: str) -> list[str]:
    return extract(question, rank_sentences(question, EVIDENCE, score_stretches=shared_stretches))


def test_the_range_that_holds_the_questions_number_comes_first() -> None:
    shown = shown_for("How many hours of leave are earned per pay period after five years?")
    assert shown[0] == "It is earned as follows: Between 3 and 15 years: 6 hours per pay period [1]"
    assert len(shown) <= 3


def test_the_range_counts_in_chinese_too() -> None:
    shown = shown_for("工作满12年的员工每年有几天年休假？")
    assert shown[0] == "已满10年不满20年的，年休假10天； [3]"


def test_a_table_row_carries_its_header() -> None:
    shown = shown_for("What is the daily limit of a director?")
    assert shown[0] == "Grade: Director; Daily limit: $900 [2]"


def test_a_pronoun_brings_the_sentence_before_it() -> None:
    shown = shown_for("When do they expire if you move to another agency?")
    assert shown[:2] == ["Credit hours are earned by working longer. [1]", "They expire when you move to another agency. [1]"]


def test_what_it_shows_passes_verification() -> None:
    verifier = Verifier(EVIDENCE, score_texts=shared_words)
    for question in (
        "How many hours of leave after five years?",
        "What is the daily limit of a director?",
        "用人单位可以扣减工资吗？",
    ):
        shown = shown_for(question)
        assert shown
        assert {verifier.verify(sentence).verdict.kind for sentence in shown} == {VerdictKind.SUPPORTED}


def test_without_evidence_it_says_nothing() -> None:
    assert extract("Anything?", rank_sentences("Anything?", [], score_stretches=shared_stretches)) == []


def test_sentences_are_scored_in_one_batch_as_they_were_embedded() -> None:
    calls: list[Sequence[Stretch]] = []

    def counting(query: str, stretches: Sequence[Stretch]) -> list[Closeness]:
        calls.append(stretches)
        return shared_stretches(query, stretches)

    piece = evidence(4, LEAVE, title="Leave")
    rank_sentences("How many hours of leave after five years?", [piece], score_stretches=counting)
    ((_, _, item, *_),) = calls
    assert item.contextual_text == f"Leave\n{LEAVE}"
    assert item.text.split("\n")[0] == "Leave"
    assert item.text.endswith("It is earned as follows: Less than 3 years: 4 hours per pay period")


def test_a_row_of_a_table_that_goes_on_has_the_header_of_its_beginning() -> None:
    piece = replace(evidence(1, "| Director | $900 |\n| Clerk | $50 |"), prefix="| Grade | Daily limit |\n|---|---|")
    question = "What is the daily limit of a director?"
    shown = extract(question, rank_sentences(question, [piece], score_stretches=shared_stretches))
    assert shown[0] == "Grade: Director; Daily limit: $900 [1]"


RECORDS = (
    "Record | Kept for | Where\nProduction test records, with serial number | 15 years | production database of the plant\n"
    "Complaints and their investigation | 10 years | service system of the plant"
)
YEARS = " | 2023 | 2022\nRevenue of the whole group | 51 | 48\nOperating cost | 40 |"
KEYS = "Weight of the instrument | 15 kg\nHeight of the instrument | 40 cm"


@pytest.mark.parametrize(
    ("table", "question", "told", "row"),
    [
        (
            RECORDS,
            "How long are production test records kept?",
            "Record: Production test records, with serial number; Kept for: 15 years; Where: production database of the plant",
            "Production test records, with serial number | 15 years | production database of the plant",
        ),
        (
            YEARS,
            "What was the revenue of the group?",
            "Revenue of the whole group; 2023: 51; 2022: 48",
            "Revenue of the whole group | 51 | 48",
        ),
        (YEARS.strip(), "What was the operating cost?", "Operating cost; 2023: 40", "Operating cost | 40"),
        (KEYS, "What is the weight of the instrument?", "Weight of the instrument; 15 kg", "Weight of the instrument | 15 kg"),
        (EXPENSES, "What is the daily limit of a director?", "Grade: Director; Daily limit: $900", "Director | $900"),
    ],
)
def test_a_row_is_told_with_its_header_and_cited_alone(table: str, question: str, told: str, row: str) -> None:
    piece = evidence(1, table)
    shown = extract(question, rank_sentences(question, [piece], score_stretches=shared_stretches))
    assert shown[0] == f"{told} [1]"
    verdict = Verifier([piece], score_texts=shared_words).verify(shown[0]).verdict
    assert verdict.kind is VerdictKind.SUPPORTED
    assert [citation.quote for citation in verdict.citations] == [row]


def test_the_next_table_has_its_own_header() -> None:
    piece = evidence(1, f"{RECORDS}\n\nGrade | Daily limit\nManager | $500\nDirector | $900")
    question = "What is the daily limit of a director?"
    shown = extract(question, rank_sentences(question, [piece], score_stretches=shared_stretches))
    assert shown[0] == "Grade: Director; Daily limit: $900 [1]"
