"""The gate before an answer: what the evidence holds scores above what it does not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chat.judge.calibration import LogisticModel, shipped_calibration
from chat.judge.candidates import rank_sentences, rarities
from chat.judge.mismatch import read_mismatch
from chat.judge.rarity import term_weights
from chat.judge.sufficiency import DEFAULT_THRESHOLD, assess, models_for, script_of
from language.answer_types import AnswerType, answer_type, holds_answer
from language.features import terms_of
from language.ranges import fits_a_range
from language.scripts.script import is_chinese
from language.wording import canonical
from retrieval.types import Closeness, Hit, SearchResult, Stretch
from tests.chat.test_extractive import EVIDENCE, shared_stretches

RESULT = SearchResult(hits=tuple(piece.hit for piece in EVIDENCE))


def found(rerank: float) -> SearchResult:
    return SearchResult(
        hits=(
            Hit(
                chunk_id=1,
                score=1.0,
                rank=1,
                rerank_score=rerank,
                dense_score=rerank,
                keyword_rank=1,
                dense_rank=1,
                keyword_score=9.0,
            ),
        )
    )


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        ("How many hours per pay period after 4 years?", "How much does the gym in Chicago cost?"),
        ("用人单位可以扣减工资吗？", "员工手机话费的报销标准是多少元？"),
    ],
)
def test_held_answers_are_more_probable_than_missing_ones(held: str, missing: str) -> None:
    high = assess(held, EVIDENCE, found(0.8), candidates=rank_sentences(held, EVIDENCE, score_stretches=shared_stretches))
    low = assess(missing, EVIDENCE, found(0.4), candidates=rank_sentences(missing, EVIDENCE, score_stretches=shared_stretches))
    assert 0.0 <= low.probability < DEFAULT_THRESHOLD < high.probability <= 1.0
    assert high.features["rare_share_window"] > low.features["rare_share_window"]


def test_a_passage_in_the_other_script_is_judged_by_models_of_its_own() -> None:
    english, chinese = EVIDENCE[0], next(piece for piece in EVIDENCE if is_chinese(piece.text))
    cross = LogisticModel(intercept=9.0, weights={}, mean={}, scale={})
    shipped = shipped_calibration()
    calibration = replace(shipped, models={**shipped.models, "cross": {"subject": cross}})
    for asked, piece, script in (
        ("How long may it last?", english, "latin"),
        ("How long may it last?", chinese, "cross"),
        ("最长多久？", english, "cross"),
        ("最长多久？", chinese, "han"),
    ):
        assert script_of(asked, piece.text) == script
        assert models_for(asked, piece.text, calibration) == calibration.models[script]
    # An encoder whose calibration has none judges by the question's script.
    assert models_for("最长多久？", english.text, shipped) == shipped.models["han"]


@pytest.mark.parametrize("day", ["春节", "国庆节", "元旦", "劳动节"])
def test_a_day_with_a_name_of_its_own_that_no_passage_names_is_missing(day: str) -> None:
    asked, plain = f"{day}放几天假？", "今年放几天假？"
    named = assess(asked, EVIDENCE, found(0.0), candidates=rank_sentences(asked, EVIDENCE, score_stretches=shared_stretches))
    other = assess(plain, EVIDENCE, found(0.0), candidates=rank_sentences(plain, EVIDENCE, score_stretches=shared_stretches))
    assert (named.features["names_missing"], other.features["names_missing"]) == (1.0, 0.0)
    assert named.probability < DEFAULT_THRESHOLD
    holding = [replace(piece, text=f"{piece.text}\n{day}放假四天。") for piece in EVIDENCE]
    judged = assess(asked, holding, found(0.0), candidates=rank_sentences(asked, holding, score_stretches=shared_stretches))
    assert judged.features["names_missing"] == 0.0
    assert judged.probability > named.probability


def test_without_evidence_it_is_impossible() -> None:
    assert assess("Anything?", [], SearchResult(hits=()), candidates=[]).probability == 0.0


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who approves leave?", AnswerType.PERSON),
        ("When was the policy signed?", AnswerType.DATE),
        ("How many days can I take?", AnswerType.DURATION),
        ("What percentage does the agency match?", AnswerType.PERCENT),
        ("How much does a taxi cost?", AnswerType.AMOUNT),
        ("Where is the office?", AnswerType.PLACE),
        ("Can I sell leave?", AnswerType.YES_NO),
        ("冬奥会总导演是谁？", AnswerType.PERSON),
        ("每月按多少天计薪？", AnswerType.DURATION),
        ("最低工资是多少元？", AnswerType.AMOUNT),
        ("总部在哪里？", AnswerType.PLACE),
        ("可以居家办公吗？", AnswerType.YES_NO),
        ("What is annual leave?", AnswerType.OTHER),
    ],
)
def test_it_recognises_what_a_question_asks_for(question: str, kind: AnswerType) -> None:
    assert answer_type(question) == kind


def test_the_questions_own_number_is_no_answer() -> None:
    assert not holds_answer(AnswerType.DURATION, "After 5 years you may apply.", "How long must I wait after 5 years?")
    assert holds_answer(AnswerType.DURATION, "After 5 years you wait 3 weeks.", "How long must I wait after 5 years?")


def test_a_unit_that_is_asked_for_by_name_must_stand_there() -> None:
    question = "工作满12年的员工每年有几天带薪年假?"
    assert holds_answer(AnswerType.DURATION, "满10年不满20年的,年休假10天", question, by_unit=True)
    assert not holds_answer(AnswerType.DURATION, "员工连续工作满一年后享受带薪年休假。", question, by_unit=True)
    assert not holds_answer(AnswerType.DURATION, "It takes 3 weeks.", "How many working days does it take?", by_unit=True)
    assert holds_answer(AnswerType.DURATION, "It takes 3 weeks.", "How many working days does it take?")


@pytest.mark.parametrize(
    ("question", "text", "fits"),
    [
        ("after five years", "Between 3 and 15 years: 6 hours", True),
        ("after five years", "More than 15 years: 8 hours", False),
        ("after five years", "Less than 3 years: 4 hours", False),
        ("工作满12年", "已满10年不满20年的，年休假10天", True),
        ("工作满12年", "已满20年的，年休假15天", False),
        ("after five years", "After five years you have 29 days", True),
        ("after five years", "More than five years: 29 days", False),
        ("工作满10年", "满10年的，年休假10天", True),
        ("工作满10年", "超过10年的，年休假10天", False),
        ("leave of more than 80 hours", "To request 80 hours or less of leave, write to your supervisor.", False),
        ("leave of more than 80 hours", "To request over 80 hours of leave, write to the director.", True),
        ("a trip of less than $2,500", "Ten days before, for trips of at least $2,500", False),
        ("a trip that costs more than $2,500", "Ten days before, for trips that cost less than $2,500", False),
        ("10年以上", "满10年不满20年的，年休假10天", True),
        ("超过10年", "不满10年的，年休假5天", False),
        ("after ten years", "1 to 10 years: 12 days", True),
        ("how many hours", "Between 3 and 15 years", None),
        ("in 2021 years", "More than 15 years", None),
    ],
)
def test_it_sees_whether_a_number_falls_into_a_range(question: str, text: str, fits: bool | None) -> None:
    assert fits_a_range(question, text) is fits


def ask_of(text: str, question: str) -> dict[str, float]:
    piece = replace(EVIDENCE[0], text=text, heading_path=(), prefix="")
    ranked = rank_sentences(question, [piece], score_stretches=shared_stretches)
    return read_mismatch(question, ranked)


@pytest.mark.parametrize(
    ("question", "feature"),
    [
        ("Who took command in 1756?", "own_numbers_missing"),
        ("Who took command of the Spanish forces?", "own_names_missing"),
        ("Who did not take command of the forces?", "own_negation_lost"),
        ("Which forces were unprepared when Shirley took command?", "own_opposites"),
    ],
)
def test_a_question_that_turns_a_fact_parts_from_its_sentence(question: str, feature: str) -> None:
    text = "In 1755 William Shirley took command of the prepared British forces."
    assert ask_of(text, "Who took command of the British forces?")[feature] == 0
    assert ask_of(text, question)[feature] > 0


def test_words_that_nothing_comes_near_to_count() -> None:
    text = "William Shirley took command of the forces."
    piece = replace(EVIDENCE[0], text=text, heading_path=(), prefix="")

    def score_stretches(query: str, stretches: Sequence[Stretch]) -> list[Closeness]:
        return [Closeness(mean=0.6, weakest=0.2, unmet=0.3, words=(("command", 0.9), ("dismissed", 0.2)))] * len(stretches)

    found = read_mismatch(
        "Who dismissed the command?", rank_sentences("Who dismissed the command?", [piece], score_stretches=score_stretches)
    )
    assert (found["own_weakest"], found["own_unmatched_mean"], found["own_unmet"]) == (0.2, 0.2, 0.5)
    assert set(read_mismatch("Who?", [])) == set(found)


def test_words_are_weighed_in_the_order_of_the_question() -> None:
    """Sums of floats depend on their order: a replay in another process must come to the same last digit."""
    question = "Which supplier delivers granite kerbs to the depot in winter?"
    words = list(dict.fromkeys(terms_of(question)))
    assert list(rarities(question, ["granite", "winter"])) == words
    assert list(term_weights(question)) == list(dict.fromkeys(canonical(terms_of(question))))
