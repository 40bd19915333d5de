"""The trained reader's part in the choice of sentences and in the judgement of the evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from chat.flow.writing.extractive import extract
from chat.judge.candidates import rank_sentences
from chat.judge.evidence_reading import Readings, read_evidence
from chat.judge.sufficiency import log_odds, read_features
from evals.evidence import evidence_of
from retrieval.types import Closeness, SearchResult, Stretch

QUESTION = "Where do bicycles go?"
ECHO = "Where bicycles go is a question that bicycles pose, and bicycles go on posing it."
ANSWER = "Bicycles go to the cellar behind the lift."
EVIDENCE = [evidence_of(1, f"{ECHO} Toner is ordered by the office.", title="Office"), evidence_of(2, ANSWER, title="House rules")]


@dataclass(frozen=True)
class FakeReading:
    """Finds the answer in one stretch of a passage."""

    answerable: float
    start: int
    end: int

    def mass(self, start: int, end: int) -> float:
        return 1.0 if start <= self.start and self.end <= end else 0.0


def read_fake(_question: str, passages: Sequence[str]) -> list[FakeReading]:
    places = [text.find("the cellar") for text in passages]
    return [FakeReading(0.9 if place >= 0 else 0.05, place, place + len("the cellar")) for place in places]


def no_meaning(_query: str, stretches: Sequence[Stretch]) -> list[Closeness | None]:
    return [None] * len(stretches)


@pytest.fixture
def readings() -> Readings:
    return read_evidence(QUESTION, EVIDENCE, read_fake)


def test_the_sentence_that_answers_comes_before_the_one_that_echoes(readings: Readings) -> None:
    by_words = rank_sentences(QUESTION, EVIDENCE, score_stretches=no_meaning)
    assert by_words[0].sentence.text == ECHO
    read = rank_sentences(QUESTION, EVIDENCE, score_stretches=no_meaning, readings=readings)
    assert read[0].sentence.text == ANSWER
    assert read[0].answer_share == pytest.approx(0.9)
    assert extract(QUESTION, read)[0].text == ANSWER


def test_where_the_reader_sees_the_answer_elsewhere_that_is_quoted_too(readings: Readings) -> None:
    read = rank_sentences(QUESTION, EVIDENCE, score_stretches=no_meaning, readings=readings)
    echo_first = sorted(read, key=lambda one: one.sentence.text != ECHO)
    echo_first[0] = replace(echo_first[0], score=2.0)  # as the other models may have it
    assert [one.text for one in extract(QUESTION, echo_first)][::-1][0] == ANSWER
    unread = [replace(one, answer_share=0.1 if one.sentence.text == ANSWER else 0.0) for one in echo_first]
    assert ANSWER not in [one.text for one in extract(QUESTION, unread)]


def test_of_its_neighbour_about_another_thing_nothing_is_quoted_beside() -> None:
    rooms = [evidence_of(1, "The Autumn room is booked at the desk.\n\nThe Spring room is booked by a form of the office.")]
    asked = "Where is the Autumn room booked?"

    def read_spring(_question: str, passages: Sequence[str]) -> list[FakeReading]:
        return [FakeReading(0.9, text.index("by a form"), text.index("by a form") + 9) for text in passages]

    ranked = rank_sentences(asked, rooms, score_stretches=no_meaning, readings=read_evidence(asked, rooms, read_spring))
    autumn_first = sorted((replace(one, is_of_another=False) for one in ranked), key=lambda one: "Autumn" not in one.sentence.text)
    shares = {"Autumn": 0.1, "Spring": 0.9}
    read = [
        replace(one, answer_share=next(share for name, share in shares.items() if name in one.sentence.text))
        for one in autumn_first
    ]
    read = [replace(read[0], score=1.0), replace(read[1], score=0.5)]
    assert [one.text for one in extract(asked, read)] == ["The Autumn room is booked at the desk."]


def test_of_two_that_are_as_good_the_one_that_the_search_found_first_leads() -> None:
    twins = [evidence_of(marker, "Bicycles go to the cellar.", uid=f"d{marker}") for marker in (1, 2)]
    ranked = rank_sentences(
        QUESTION,
        twins,
        score_stretches=no_meaning,
        readings=read_evidence(
            QUESTION, twins, lambda _, texts: [FakeReading(0.5 if at == 0 else 0.68, 0, 1) for at in range(len(texts))]
        ),
    )
    assert [one.evidence.marker for one in ranked] == [1, 2]


def test_places_of_a_reading_are_those_of_the_evidence_without_its_title(readings: Readings) -> None:
    start = ANSWER.index("the cellar")
    assert readings[2].answers_in(start, len(ANSWER)) == pytest.approx(0.9)
    assert readings[2].answers_in(0, start) == 0


def test_what_the_reader_finds_counts_for_sufficiency(readings: Readings) -> None:
    ranked = rank_sentences(QUESTION, EVIDENCE, score_stretches=no_meaning, readings=readings)
    result = SearchResult(hits=())
    features = read_features(QUESTION, EVIDENCE, result, ranked, readings)
    assert features["read_best"] > 0 > features["read_second"]
    assert features["read_sentence"] == pytest.approx(log_odds(0.9))
    without = read_features(QUESTION, EVIDENCE, result, rank_sentences(QUESTION, EVIDENCE, score_stretches=no_meaning))
    assert not any(name.startswith("read_") for name in without)


def test_without_a_reader_nothing_is_read() -> None:
    assert read_evidence(QUESTION, EVIDENCE, None) == {}


# --- names ---

DEPOTS = [
    evidence_of(number, f"The {name} depot keeps {50 + number} lanterns.")
    for number, name in enumerate(("Dunmore", "Rushden", "Gritley", "Lorton", "Quenby"), 1)
]
JARROW = evidence_of(6, "Depot: Jarrow depot; lanterns: 94.")
ASKED = "How many lanterns does the Jarrow depot keep?"


def read_any_depot(_question: str, passages: Sequence[str]) -> list[FakeReading]:
    """A reader to whom all depots are one."""
    return [FakeReading(0.95 if "keeps" in text else 0.4, 0, len(text)) for text in passages]


def test_a_passage_that_holds_the_asked_name_is_read_wherever_it_stands() -> None:
    assert set(read_evidence(ASKED, [*DEPOTS, JARROW], read_any_depot)) == {1, 2, 3, 4, 6}
    assert set(read_evidence("How many lanterns are kept?", [*DEPOTS, JARROW], read_any_depot)) == {1, 2, 3, 4, 5}


def test_what_the_reader_finds_of_another_name_does_not_count() -> None:
    evidence = [*DEPOTS, JARROW]
    ranked = rank_sentences(ASKED, evidence, score_stretches=no_meaning, readings=read_evidence(ASKED, evidence, read_any_depot))
    assert ranked[0].evidence.marker == 6
    assert [one.answer_share for one in ranked if one.is_of_another] == [0.0] * 5
