"""Verification: what is carried by the evidence passes, what turns one fact is withheld."""

from collections.abc import Sequence

import pytest

from chat.types import VerdictKind
from chat.verify import Verifier, verify_sentence
from evals.evidence import evidence_of

LEAVE = (
    "Your annual leave depends on how long you have worked.\n\n- Less than 3 years: 4 hours per pay period\n"
    "- Between 3 and 15 years: 6 hours per pay period\n- More than 15 years: 8 hours per pay period\n\n"
    "You can carry over a maximum of 240 annual leave hours. You cannot sell leave. "
    "Supervisors must approve leave before it starts."
)
LEAVE_ZH = (
    "第十条 职工累计工作已满1年不满10年的，年休假5天；已满10年不满20年的，年休假10天；已满20年的，年休假15天。"
    "用人单位不得扣减工资。本办法自2024年1月5日起施行。"
)
EXPENSES = (
    "| Grade | Limit |\n|---|---|\n| Manager | $500 |\n| Director | $900 |\n\nThe policy started on 5 January 2024. "
    "Margaret Cole of the Finance Office wrote form SF-50. See https://intranet.example/expenses for the form. "
    "Revenue rose by 12 percent to $1.5 million."
)


EVIDENCE = [
    evidence_of(1, LEAVE, title="Leave", start=1000),
    evidence_of(2, LEAVE_ZH, title="年休假条例"),
    evidence_of(3, EXPENSES, title="Expenses"),
]


def no_meaning(query: str, texts: Sequence[str]) -> list[float]:
    """An encoder that finds nothing close: wording alone decides."""
    return [0.0 for _ in texts]


def close_meaning(query: str, texts: Sequence[str]) -> list[float]:
    return [0.9 for _ in texts]


@pytest.mark.parametrize(
    ("sentence", "marker", "quote"),
    [
        ("You cannot sell leave. [1]", 1, "You cannot sell leave."),
        ("You can carry over at most 240 hours of annual leave. [1]", 1, "You can carry over a maximum of 240 annual leave hours."),
        ("Between 3 and 15 years, you earn six hours per pay period. [1]", 1, "6 hours per pay period"),
        ("After five years you earn 6 hours per pay period. [1]", 1, "Between 3 and 15 years: 6 hours per pay period"),
        ("工作满12年的员工每年可以休10天年休假。[2]", 2, "年休假10天"),
        ("已满10年不满20年的员工，年休假为十天。[2]", 2, "年休假10天"),
        ("用人单位不可以扣减工资。【2】", 2, "用人单位不得扣减工资。"),
        ("本办法自2024-01-05起施行。[2]", 2, "2024年1月5日"),
        ("The limit for a manager is $500 [3].", 3, "Manager | $500"),
        ("Directors have a limit of $900, while managers have a limit of $500. [3]", 3, "Manager | $500"),
        ("The policy started on 2024-01-05. [3]", 3, "5 January 2024"),
        ("Revenue rose by 12% to 1,500,000 dollars. [3]", 3, "Revenue rose by 12 percent to $1.5 million."),
        ("See https://intranet.example/expenses for the form. [3]", 3, "https://intranet.example/expenses"),
    ],
)
def test_what_the_cited_evidence_says_is_supported(sentence: str, marker: int, quote: str) -> None:
    verified = verify_sentence(sentence, EVIDENCE, score_texts=close_meaning)
    assert (verified.verdict.kind, verified.verdict.reason) == (VerdictKind.SUPPORTED, "")
    (citation,) = verified.verdict.citations
    assert citation.marker == marker
    assert quote in citation.quote
    assert "[" not in verified.text
    assert "【" not in verified.text


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("You can carry over a maximum of 340 annual leave hours. [1]", "number"),
        ("Between 3 and 15 years, you earn eight hours per pay period. [1]", "number"),
        ("After five years you earn 8 hours per pay period. [1]", "number"),
        ("工作满12年的员工，年休假为15天。[2]", "number"),
        ("已满10年不满20年的，年休假15天。[2]", "number"),
        ("The limit for a manager is $900. [3]", "number"),
        ("Managers have a limit of $900, while directors have a limit of $500. [3]", "number"),
        ("Revenue rose by 12 percent to $1.5 billion. [3]", "number"),
        ("You can carry over a maximum of 240 annual leave days. [1]", "unit"),
        ("The limit for a manager is €500. [3]", "unit"),
        ("The policy started on 6 January 2024. [3]", "date"),
        ("本办法自2023年1月5日起施行。[2]", "date"),
        ("You can sell leave. [1]", "negation"),
        ("用人单位可以扣减工资。[2]", "negation"),
        ("You can carry over a minimum of 240 annual leave hours. [1]", "direction"),
        ("Supervisors must approve leave after it starts. [1]", "direction"),
        ("Margaret Hale of the Finance Office wrote form SF-50. [3]", "name"),
        ("Margaret Cole of the Finance Office wrote form SF-52. [3]", "name"),
        (
            "You can carry over a maximum of 240 annual leave hours, and every winner gets a free bicycle in spring. [1]",
            "unsupported",
        ),
        ("The moon is made of green cheese. [1]", "unsupported"),
        ("Here is what the document says: [1]", "no_claim"),
        ("[1]", "empty"),
    ],
)
def test_one_turned_fact_withholds_the_sentence(sentence: str, reason: str) -> None:
    verdict = verify_sentence(sentence, EVIDENCE, score_texts=close_meaning).verdict
    assert verdict.kind == VerdictKind.WITHHELD
    assert verdict.reason in (reason, "invented" if reason == "unsupported" else reason)
    assert verdict.citations == ()


@pytest.mark.parametrize(
    ("passage", "claim"),
    [
        ("Probation lasts 6 months, and the notice period is 30 days.", "Probation lasts 6 days."),
        ("The trip allowance is 80 euros, the hotel allowance 120 dollars.", "The trip allowance is 80 dollars."),
        ("试用期为6个月，通知期为30天。", "试用期为6天。"),
    ],
)
def test_a_unit_of_another_figure_beside_it_carries_nothing(passage: str, claim: str) -> None:
    verdict = verify_sentence(f"{claim} [1]", [evidence_of(1, passage)], score_texts=close_meaning).verdict
    assert (verdict.kind, verdict.reason) == (VerdictKind.WITHHELD, "unit")


@pytest.mark.parametrize(
    ("passage", "claim"),
    [
        (
            "The Finance Office pays travel expenses within two weeks after the form was sent.",
            "Within two weeks after the form was sent, Deloitte pays travel expenses.",
        ),
        (
            "A supervisor must approve leave before it starts, and the office keeps the form.",
            "Before leave starts, Harold the supervisor must approve it.",
        ),
        ("出差费用由财务部在两周内支付，须先提交申请表。", "提交申请表后，张伟在两周内支付出差费用。"),
    ],
)
def test_a_name_that_the_evidence_lacks_carries_nothing_in_any_order_of_words(passage: str, claim: str) -> None:
    verdict = verify_sentence(f"{claim} [1]", [evidence_of(1, passage)], score_texts=close_meaning).verdict
    assert (verdict.kind, verdict.reason) == (VerdictKind.WITHHELD, "name")


@pytest.mark.parametrize(
    ("passage", "claim", "reason"),
    [
        (
            "For all staff the new travel policy of the office started on 5 January 2024.",
            "On 5 March 2024 the new travel policy started for all staff.",
            "date",
        ),
        (
            "Each year on 5 January the office closes early for all staff.",
            "On 5 January 2019 the office closes early for all staff.",
            "date",
        ),
        ("Between 3 and 15 years the allowance is 6 hours.", "The allowance is 7 years.", "number"),
        (
            "Staff do not need a badge in the lobby, and visitors do not get one.",
            "Staff do need a badge in the lobby, and visitors do not get one.",
            "negation",
        ),
        (
            "The office keeps the form for ten years in the archive of the finance team.",
            "The office keeps the form for ten years in the archive of the finance team beside the swimming pool.",
            "invented",
        ),
    ],
)
def test_what_one_check_alone_finds_is_withheld(passage: str, claim: str, reason: str) -> None:
    verdict = verify_sentence(f"{claim} [1]", [evidence_of(1, passage)], score_texts=close_meaning).verdict
    assert (verdict.kind, verdict.reason) == (VerdictKind.WITHHELD, reason)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("You cannot sell leave. [3]", "bad_marker"),
        ("You cannot sell leave. [17]", "bad_marker"),
        ("You cannot sell leave.", "no_marker"),
    ],
)
def test_a_wrong_or_missing_marker_is_put_right(sentence: str, reason: str) -> None:
    verdict = verify_sentence(sentence, EVIDENCE, score_texts=no_meaning).verdict
    assert (verdict.kind, verdict.reason) == (VerdictKind.CORRECTED, reason)
    assert [citation.marker for citation in verdict.citations] == [1]


def test_a_marker_that_does_not_carry_the_sentence_is_dropped() -> None:
    verdict = verify_sentence("You cannot sell leave. [1][3]", EVIDENCE, score_texts=no_meaning).verdict
    assert (verdict.kind, verdict.reason, [citation.marker for citation in verdict.citations]) == (
        VerdictKind.CORRECTED,
        "bad_marker",
        [1],
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "You cannot sell leave. ![x](https://evil.example/a.png) [1]",
        "You cannot sell leave, see [here](https://evil.example/?q=240). [1]",
        "You cannot sell leave: https://evil.example/ [1]",
        "You cannot sell leave evil-site.com/steal [1]",
        'You cannot sell leave. <img src="x"> [1]',
        "You cannot sell leave. [here](javascript:alert(1)) [1]",
    ],
)
def test_a_link_that_is_not_in_the_evidence_withholds_the_sentence(sentence: str) -> None:
    verdict = verify_sentence(sentence, EVIDENCE, score_texts=close_meaning).verdict
    assert (verdict.kind, verdict.reason) == (VerdictKind.WITHHELD, "link")


def test_the_quote_is_an_exact_part_of_the_page() -> None:
    verdict = verify_sentence("You can carry over 240 annual leave hours at most. [1]", EVIDENCE, score_texts=close_meaning).verdict
    (citation,) = verdict.citations
    assert LEAVE[citation.place.start - 1000 : citation.place.end - 1000] == citation.quote
    assert 0.0 <= citation.score <= 1.0


def test_it_keeps_the_layout_apart() -> None:
    verified = verify_sentence("\n\n- You cannot sell leave [1].", EVIDENCE, score_texts=no_meaning)
    assert (verified.prefix, verified.text) == ("\n\n- ", "You cannot sell leave.")


def test_a_verifier_that_fails_withholds(caplog: pytest.LogCaptureFixture) -> None:
    def broken(query: str, texts: Sequence[str]) -> list[float]:
        raise RuntimeError("no encoder")

    verdict = verify_sentence("Superiors must approve leave before it starts. [1]", EVIDENCE, score_texts=broken).verdict
    assert (verdict.kind, verdict.reason) == (VerdictKind.WITHHELD, "verifier_error")
    assert "sentence not verified" in caplog.text


def test_meaning_decides_where_words_differ() -> None:
    sentence = "Superiors must approve leave before it starts. [1]"
    assert Verifier(EVIDENCE, score_texts=close_meaning).verify(sentence).verdict.kind == VerdictKind.SUPPORTED
    assert Verifier(EVIDENCE, score_texts=no_meaning).verify(sentence).verdict.kind == VerdictKind.WITHHELD


def test_without_evidence_nothing_is_shown() -> None:
    assert verify_sentence("You cannot sell leave. [1]", [], score_texts=close_meaning).verdict.kind == VerdictKind.WITHHELD


SHOPS = "The north shop opens for 18 hours. The south shop opens for 24 hours."
SHOPS_ZH = "城西店于1999年开业，每天营业18小时。城东店于2001年开业，每天营业24小时。"
FUND = "The fund pays 30 days of leave. A supervisor must approve it before it starts."


@pytest.mark.parametrize(
    ("passage", "claim"),
    [
        (
            "Staff submit several important requests within two weeks.",
            "Employees hand in numerous significant requests inside 2 weeks.",
        ),
        (FUND, "The fund pays 30 days of leave, and a supervisor must approve it before it starts."),
        (SHOPS_ZH, "城西店于1999年开业，每天营业18小时，并且城东店于2001年开业，每天营业24小时。"),
        ("曹文埴，字近薇，号竹虚，安徽歙县人，清朝政治人物。", "曹文埴是安徽歙县人，字近薇。"),
    ],
)
def test_a_free_paraphrase_passes(passage: str, claim: str) -> None:
    assert verify_sentence(f"{claim} [1]", [evidence_of(1, passage)], score_texts=no_meaning).verdict.kind == VerdictKind.SUPPORTED


@pytest.mark.parametrize(
    ("passage", "claim"),
    [
        (SHOPS, "The north shop opens for 24 hours, and the south shop opens for 18 hours."),
        (SHOPS_ZH, "城西店于1999年开业，每天营业24小时，并且城东店于2001年开业，每天营业18小时。"),
        (FUND, "The fund pays 30 days of leave, and the winners get a bonus from the lottery."),
    ],
)
def test_two_sentences_in_one_may_not_exchange_or_invent_facts(passage: str, claim: str) -> None:
    assert verify_sentence(f"{claim} [1]", [evidence_of(1, passage)], score_texts=no_meaning).verdict.kind == VerdictKind.WITHHELD


def test_a_sentence_that_joins_two_passages_cites_both() -> None:
    passages = [
        evidence_of(1, "The fund pays 30 days of leave each year."),
        evidence_of(2, "The office closes at noon on Friday in summer."),
    ]
    sentence = "The fund pays 30 days of leave each year, but the office closes at noon on Friday in summer. [1]"
    verdict = verify_sentence(sentence, passages, score_texts=no_meaning).verdict
    assert (verdict.kind, [one.marker for one in verdict.citations]) == (VerdictKind.CORRECTED, [1, 2])
