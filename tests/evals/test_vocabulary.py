"""Questions whose names are replaced by words that a vocabulary then explains."""

from evals.datasets import Question
from evals.evaluation.ranking import Figures
from evals.evaluation.vocabulary import measure_vocabulary, rename
from retrieval.types import SearchConfig

TEXTS = [
    "The fund called Annual Leave pays six hours.",
    "Parking permits are given out by John Smith.",
    "The cafeteria is opened by Jane Miller.",
]


def question(text: str, relevant: str) -> Question:
    return Question(
        id=text, text=text, is_answerable=True, relevant=frozenset({relevant}), pages=frozenset(), answers=(), answers_all=()
    )


def test_names_of_the_documents_become_words_that_nobody_has_read() -> None:
    asked = [question("What does John Smith give out?", "2"), question("When does lunch begin?", "3")]
    (case,) = rename(asked, TEXTS)
    assert case.name == "John Smith" and "John Smith" not in case.text and case.word in case.text
    assert all(case.word not in text for text in TEXTS)
    assert {*case.others} <= {"Annual Leave", "Jane Miller"}
    assert rename(asked, TEXTS) == [case]


def test_each_way_to_ask_is_measured_by_what_is_handed_to_the_search() -> None:
    cases = rename([question("What does John Smith give out?", "2")], TEXTS)

    def search(text: str, config: SearchConfig) -> list[tuple[str, int]]:
        """Finds the name alone, where it is written or explained in a group of two."""
        knows = "John Smith" in text or (config.also == ((cases[0].word, "John Smith"),) and config.use_readings)
        return [("2", 1)] if knows else [("1", 1), ("2", 1)]

    figures: dict[str, Figures] = measure_vocabulary(cases, search, progress=lambda done: None)
    first = {name for name, row in figures.items() if row["hit@1"] == 1.0}
    assert first == {"as first asked", "explained", "to the encoder alone"}
    assert len(figures) == 7
