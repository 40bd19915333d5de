"""Figures of a check, on outcomes that can be counted by hand; which sentence belongs to which label; what a fit learns."""

import json
from pathlib import Path
from typing import Any

import pytest

from chat.verify.likelihood import Likelihood
from evals.checked import Outcome, Sentence, check_labelled, of_line, outcomes_of, to_line
from evals.fitting.likelihood import fit
from evals.grounding import answers, figures
from evals.sets.labelled import Label, Labelled, in_turns, read_labelled
from evals.sets.made import read_made
from tests.chat.library import dependencies_with

SUPPORTED, WITHHELD, FRAMING = "supported", "withheld", "framing"


def outcome(is_true: bool, said: Any, score: float, **traits: float) -> Outcome:
    return Outcome(dataset="x", source=str(score), is_true=is_true, said=said, score=score, traits=traits)


def labelled(text: str, *labels: Label, level: str = "sentence") -> Labelled:
    return Labelled(
        key="k", dataset="x", source="s", level=level, passages=("You cannot sell leave.",), question="", text=text, labels=labels
    )


def sentence(start: int, end: int, verdict: str, score: float = 0.5) -> Sentence:
    return Sentence(start=start, end=end, verdict=verdict, reason="", score=score, traits={"shown": 1.0})


def test_framing_catches_nothing_and_shows_nothing() -> None:
    found = figures(
        [
            outcome(True, "shown", 0.9),
            outcome(True, "framing", 0.8),
            outcome(True, "withheld", 0.1),
            outcome(False, "framing", 0.4),
            outcome(False, "withheld", 0.2),
        ]
    )
    assert (found["n"], found["false"]) == (5, 2)
    assert found["false_caught"]["value"] == 0.5
    assert found["true_withheld"]["value"] == 0.667
    assert found["auroc"]["value"] == pytest.approx(4 / 6, abs=0.001)
    assert found["true_withheld_at_90"]["value"] == 0.333
    assert found["macro_f1"]["value"] == pytest.approx(
        (2 / 4 + 4 / 6) / 2, abs=0.001
    )  # what is not shown counts as taken for false


def test_a_stretch_is_withheld_where_one_of_its_sentences_is() -> None:
    item = labelled("x" * 40, Label(start=0, end=20, is_true=True), Label(start=20, end=40, is_true=False))
    sentences = [sentence(0, 9, SUPPORTED, 0.9), sentence(10, 20, WITHHELD, 0.2), sentence(21, 40, FRAMING, 0.7)]
    assert [(one.said, one.score) for one in outcomes_of(item, sentences)] == [("withheld", 0.2), ("framing", 0.7)]


def test_a_stretch_without_a_sentence_is_withheld_and_labelled_framing_left_out() -> None:
    item = labelled("x" * 40, Label(start=0, end=20, is_true=True), Label(start=20, end=40, is_true=True, is_framing=True))
    assert [(one.said, one.score) for one in outcomes_of(item, [sentence(30, 40, SUPPORTED)])] == [("withheld", 0.0)]


def test_an_answer_with_one_label_is_judged_as_a_whole() -> None:
    item = labelled("x" * 40, Label(start=0, end=40, is_true=True), level="answer")
    sentences = [sentence(0, 5, SUPPORTED, 0.9), sentence(6, 9, WITHHELD, 0.3)]
    assert [(one.said, one.score) for one in outcomes_of(item, sentences)] == [("withheld", 0.3)]
    assert answers([(item, sentences)]) == {"good": 1, "sentences_withheld": 0.5, "emptied": 0.0}


def test_a_text_is_checked_as_the_interface_checks_it_and_kept_without_its_words() -> None:
    item = labelled("You cannot sell leave. Camels fly.", Label(start=0, end=22, is_true=True))
    found = check_labelled(item, dependencies_with())
    assert [(one.start, one.end, one.verdict) for one in found] == [(0, 22, SUPPORTED), (23, 34, WITHHELD)]
    line = json.dumps(to_line(item, found))
    assert "Camels" not in line
    assert of_line(json.loads(line)) == found


def test_whole_answers_are_read(tmp_path: Path) -> None:
    rows = [
        {"id": f"a{i}", "set": "bump", "level": "sentence", "answer": "a", "source": "s", "question": None, "passages": ["p"],
         "text": text, "label": "supported", "framing": False, "context": {"text": "One. Two.", "start": start, "end": start + 4}}
        for i, (text, start) in enumerate((("One.", 0), ("Two.", 5)))
    ]  # fmt: skip
    (tmp_path / "grounding").mkdir()
    (tmp_path / "grounding" / "bump.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (item,) = read_labelled(tmp_path, "bump")
    assert (item.text, [(one.start, one.end) for one in item.labels]) == ("One. Two.", [(0, 4), (5, 9)])


def test_texts_with_something_wrong_come_in_turn_with_others() -> None:
    texts = [labelled(f"{i}", Label(start=0, end=1, is_true=i < 4)) for i in range(6)]
    assert [one.text for one in in_turns(texts)] == ["4", "0", "5", "1", "2", "3"]


def test_sentences_made_by_rules_are_labelled_by_what_was_done_to_them(tmp_path: Path) -> None:
    texts = [
        "The ferry carries 40 cars on each of its crossings.",
        "Bread is baked at dawn by Anna Brook.",
        "The pool opens in May 2024.",
    ]
    corpus = [{"_id": f"d{i}", "title": f"Page {i}", "text": text} for i, text in enumerate(texts)]
    query = {"answerable": True, "relevant": ["d0"], "answers": ["40 cars"], "text": "How many cars does the ferry carry?"}
    for folder in ("handbook", "rgb-en-a"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus), encoding="utf-8")
        (tmp_path / folder / "queries.jsonl").write_text(json.dumps(query) + "\n", encoding="utf-8")
    items = read_made(tmp_path, "made-en", limit=5)
    assert {item.source.partition(":")[0] for item in items} == {"handbook"}  # RGB's licence lets nothing be fitted to it
    told = {item.text: item.labels[0].is_true for item in items}
    assert told[texts[0]]
    assert any("40" not in text and not is_true for text, is_true in told.items())
    assert all(f"Page 0\n{texts[0]}" in item.passages for item in items)
    assert read_made(tmp_path, "made-zh", limit=5) == []


def test_a_fit_finds_what_tells_the_true_and_keeps_the_sign_of_a_meaning() -> None:
    rows = [outcome(i % 2 == 0, "shown", i, coverage=0.9 - 0.8 * (i % 2), closeness=0.2 + 0.6 * (i % 2)) for i in range(40)]
    card = fit(rows, ["coverage", "closeness"])
    assert card["weights"]["coverage"] > 0
    assert "closeness" not in card["weights"]  # the false ones are closer: a weight below zero would mean the opposite of its name
    model = Likelihood.of_card(card)
    assert model.probability({"coverage": 0.9}) > 0.6 > 0.4 > model.probability({"coverage": 0.1})
