"""What the chat benchmark counts, without the time it takes."""

from bench.chat import Heard, prompt_about, question_about, waits_of
from bench.harness.model_server import answer_for, split_tokens


def test_the_model_says_what_the_sources_say_of_the_team_and_cites_them() -> None:
    prompt = (
        "<<<SOURCE [2] Team 7, version 1\nTeam 7 stores 3 crates. Team 71 drives 2 vans. Team 7 meets in hall B.\n"
        ">>>END OF SOURCE [2]\n\n"
        f"Question: {question_about(7)}"
    )
    assert answer_for(prompt) == ("7", ["Team 7 stores 3 crates. [2]", "Team 7 meets in hall B. [2]"])
    team, sentences = answer_for(prompt_about(12))
    assert (team, len(sentences)) == ("12", 4)


def test_the_model_says_a_sentence_of_the_first_source_where_the_team_was_not_found() -> None:
    prompt = (
        "<<<SOURCE [1] Team 71, version 1\nTeam 71 drives 2 vans. Team 71 rests.\n>>>END OF SOURCE [1]\n\n"
        f"Question: {question_about(7)}"
    )
    assert answer_for(prompt) == ("7", ["Team 71 drives 2 vans. [1]"])


def test_a_sentence_ends_with_its_marker() -> None:
    assert split_tokens("Team 7 rests. [2]") == [(" Team", False), (" 7", False), (" rests.", False), (" [2]", True)]


def test_a_wait_is_from_the_last_token_to_the_reader() -> None:
    heard = [
        Heard(team="1", sent_at=0.0, sentences_at=[1.25, 2.5]),
        Heard(team="2", sent_at=0.0, sentences_at=[9.0]),  # one was withheld: which is not known, so neither is counted
    ]
    asked = {"1": {"sentences_at": [1.0, 2.0]}, "2": {"sentences_at": [1.0, 2.0]}}
    assert waits_of(heard, asked) == [250.0, 500.0]
