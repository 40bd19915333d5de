"""The contract's JSON of a benchmark, and the retrieval benchmark on a handful of passages."""

import json
import sys
from pathlib import Path

import pytest

from bench import retrieval
from bench.report import Measure, machine, publish


def test_a_time_is_met_from_below_and_its_ratio_says_how_much_faster() -> None:
    row = Measure(name="search", value=5.0, unit="ms", goal=25.0, peers={"slow": 50.0, "fast": 1.0}).as_dict()
    assert (row["met"], row["ratio"]) == (True, {"slow": 10.0, "fast": 0.2})
    assert Measure(name="search", value=26.0, unit="ms", goal=25.0).as_dict()["met"] is False


def test_a_throughput_is_met_from_above() -> None:
    row = Measure(name="pages", value=20.0, unit="pages/s", goal=30.0, peers={"plain": 5.0}).as_dict()
    assert (row["met"], row["ratio"]) == (False, {"plain": 4.0})
    assert Measure(name="pages", value=20.0, unit="pages/s").as_dict()["met"] is None


def test_the_file_names_machine_date_and_measures(tmp_path: Path) -> None:
    shown: list[str] = []
    publish([Measure(name="search", value=5.0, unit="ms", goal=25.0)], out=tmp_path / "out.json", show=shown.append)
    report = json.loads((tmp_path / "out.json").read_text())
    assert list(report) == ["machine", "date", "measures"]
    assert report["machine"] == machine() and "cores" in machine()
    assert set(report["measures"][0]) == {"name", "value", "unit", "goal", "met", "peers", "ratio"}
    assert shown == ["search: 5 ms, goal 25.0"]


def test_the_retrieval_benchmark_measures_ours_and_the_peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"Rule {number} says that leave of kind {number} takes {number} days." for number in range(80)]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in words))
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps({"text": f"How long is leave {n}?"}) + "\n" for n in range(40)))
    out = tmp_path / "out.json"
    arguments = [str(tmp_path), "--sizes", "60", "--json", str(out), "--pictures", str(tmp_path / "pictures")]
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    retrieval.main()
    measures = {measure["name"]: measure for measure in json.loads(out.read_text())["measures"]}
    p50, p95 = measures["search p50, 60 chunks"], measures["search p95, 60 chunks"]
    assert 0 < p50["value"] <= p95["value"]
    assert set(p50["peers"]) == {"LangChain ensemble", "rank-bm25", "bm25s"}
    assert measures["recall@50 against exact search, 60 chunks"]["value"] == 1.0
    assert measures["recall@50 in a scope of 1 %, 60 chunks"]["value"] == 1.0
    assert {path.suffix for path in (tmp_path / "pictures").iterdir()} == {".png"}


def test_the_retrieval_benchmark_says_when_there_are_too_few_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "corpus.jsonl").write_text('{"text": "Leave takes 6 days."}\n')
    (tmp_path / "queries.jsonl").write_text('{"text": "How long is leave?"}\n')
    monkeypatch.setattr(sys, "argv", ["bench", str(tmp_path), "--sizes", "60"])
    with pytest.raises(SystemExit):
        retrieval.main()
    assert "1 questions are too few: 40 are needed" in capsys.readouterr().err
