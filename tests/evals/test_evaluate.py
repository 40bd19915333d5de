"""`manage.py evaluate` on a folder of three texts, and on one of two files, in a child with a data folder of its own."""

import json
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from evals.datasets import read_entries
from evals.evaluation import apart
from evals.evaluation.ranking import STAGES, WITHOUT
from tests.forked import ForkedCommand

LIMIT_S = 300
TEXTS = {
    "leave": "Employees earn six hours of annual leave in each pay period after three years.",
    "parking": "A parking permit costs twenty dollars a month and is taken from the pay.",
    "cafeteria": "The cafeteria opens at eight in the morning and closes at three.",
}
QUESTIONS = [
    {"_id": "1", "text": "How much annual leave do I earn?", "answers": ["six hours"], "relevant": ["leave"]},
    {"_id": "2", "text": "What does a parking permit cost?", "answers": ["twenty dollars"], "relevant": ["parking"]},
]


def write_lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is a fork, which has the large libraries already: seconds less."""

    def run(command: Sequence[str], *, env: dict[str, str], check: bool) -> CompletedProcess[str]:
        with ForkedCommand(*command[1:], environment=env, folder=settings.BASE_DIR) as child:
            done = child.wait(LIMIT_S)
        print(done.stdout, end="")
        print(done.stderr, end="", file=sys.stderr)
        return done

    monkeypatch.setattr(apart, "subprocess", SimpleNamespace(run=run))


def test_it_prints_and_writes_the_contracts_figures(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_lines(tmp_path / "corpus.jsonl", [{"_id": name, "title": "", "text": text} for name, text in TEXTS.items()])
    write_lines(tmp_path / "queries.jsonl", QUESTIONS)
    out = tmp_path / "figures.json"
    call_command("evaluate", str(tmp_path), "--json", str(out))
    report = json.loads(out.read_text())
    assert report["queries"] == 2
    assert report["retrieval"]["ndcg@10"] == report["retrieval"]["hit@1"] == 1.0
    assert report["retrieval"]["page_hit@5"] is None
    assert list(report["ablation"]) == [*STAGES, *WITHOUT]
    assert report["ablation"]["reranked"] == report["retrieval"]
    assert 0 < report["latency_ms"]["p50"] <= report["latency_ms"]["p95"]
    assert set(report["answers"].values()) == {None}
    printed = capfd.readouterr().out
    assert all(name in printed for name in ("reranked", "without pairs", "duplicates stay"))


@pytest.mark.usefixtures("forked")
def test_made_up_words_are_measured_when_asked_for(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    texts = TEXTS | {"parking": f"{TEXTS['parking']} It is sold by John Smith.", "leave": f"{TEXTS['leave']} See Jane Miller."}
    write_lines(tmp_path / "corpus.jsonl", [{"_id": name, "title": "", "text": text} for name, text in texts.items()])
    write_lines(tmp_path / "queries.jsonl", [{"_id": "1", "text": "What does John Smith sell?", "relevant": ["parking"]}])
    out = tmp_path / "figures.json"
    call_command("evaluate", str(tmp_path), "--vocabulary", "--json", str(out))
    found = json.loads(out.read_text())["vocabulary"]
    assert (found["queries"], found["figures"]["explained"]["hit@1"]) == (1, 1.0)
    assert "1 questions with a made-up word" in capfd.readouterr().out


def test_questions_may_be_asked_of_another_sets_documents(tmp_path: Path) -> None:
    (tmp_path / "handbook" / "docs").mkdir(parents=True)
    (tmp_path / "handbook" / "docs" / "leave.md").write_text(TEXTS["leave"])
    (tmp_path / "in-chinese").mkdir()
    write_lines(tmp_path / "in-chinese" / "queries.jsonl", [{**QUESTIONS[0], "documents": "../handbook/docs"}])
    (entry,) = read_entries(tmp_path / "in-chinese")
    assert entry.id == "leave.md" and entry.path == tmp_path / "handbook" / "docs" / "leave.md"


@pytest.mark.usefixtures("forked")
def test_files_go_through_the_upload(tmp_path: Path) -> None:
    (tmp_path / "docs" / "people").mkdir(parents=True)
    (tmp_path / "docs" / "people" / "leave.md").write_text(f"# Leave\n\n{TEXTS['leave']}\n")
    (tmp_path / "docs" / "parking.md").write_text(f"# Parking\n\n{TEXTS['parking']}\n")
    write_lines(tmp_path / "queries.jsonl", [{**QUESTIONS[0], "relevant": ["people/leave.md"], "page": 1}])
    out = tmp_path / "figures.json"
    call_command("evaluate", str(tmp_path), "--json", str(out))
    report = json.loads(out.read_text())
    assert (report["documents"], report["retrieval"]["hit@1"], report["retrieval"]["page_hit@5"]) == (2, 1.0, 1.0)


def test_a_folder_that_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"queries\.jsonl"):
        call_command("evaluate", str(tmp_path), stdout=StringIO())


@pytest.mark.usefixtures("forked")
def test_a_kept_index_is_measured_again_without_indexing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set").mkdir()
    write_lines(tmp_path / "set" / "corpus.jsonl", [{"_id": name, "title": "", "text": text} for name, text in TEXTS.items()])
    write_lines(tmp_path / "set" / "queries.jsonl", QUESTIONS)
    figures = []
    for number in (1, 2):
        out = tmp_path / f"{number}.json"
        call_command("evaluate", str(tmp_path / "set"), "--keep", str(tmp_path / "home"), "--json", str(out))
        figures.append(json.loads(out.read_text()))
    assert capfd.readouterr().err.count("documents:   0%") == 1
    assert figures[0]["ablation"] == figures[1]["ablation"] and figures[1]["documents"] == 3
    write_lines(tmp_path / "queries.jsonl", QUESTIONS)
    with pytest.raises(CommandError):  # another set does not meet what is kept
        call_command("evaluate", str(tmp_path), "--keep", str(tmp_path / "home"))
    assert "keeps" in capfd.readouterr().err
