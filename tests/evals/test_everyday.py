"""Everyday questions: which are asked, what is counted, and forty of them asked of an installation by the outside scorer."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.harness.served import Installation
from evals import everyday
from evals.everyday import DEMO, NO_LIMITS, Share, choose, make_key, measure, measure_sufficiency, read_rows, score, wait_until_read

SHARED = Path(__file__).resolve().parents[3] / "shared"
FOLDER, SCORER = SHARED / "data" / "everyday-a", SHARED / "tools" / "everyday.py"
ASKED = 40


def answer(verdict: str, *, expect: str = "answer") -> dict[str, Any]:
    return {"verdict": verdict, "answerable": expect == "answer", "expect": expect}


def test_each_kind_is_asked_in_turn_and_only_where_its_documents_are() -> None:
    rows = [{"id": f"{kind}-{number}", "type": kind, "corpus": DEMO} for kind in ("fact", "list") for number in range(5)]
    other = {"id": "other", "type": "table", "corpus": "elsewhere"}
    chosen = choose([*rows, other], corpora=[DEMO], limit=4)
    assert sorted(name.partition("-")[0] for name in chosen) == ["fact", "fact", "list", "list"]
    assert chosen == choose([other, *reversed(rows)], corpora=[DEMO], limit=4)
    assert "other" in choose([*rows, other], corpora=[DEMO, "elsewhere"], limit=None)


def test_harm_is_counted_of_all_and_help_of_what_can_be_answered() -> None:
    verdicts = [answer("right"), answer("partly"), answer("wrong"), answer("refused")]
    unanswerable = [answer("refused rightly", expect="refuse"), answer("answered wrongly", expect="refuse")]
    figures = measure([*verdicts, *unanswerable, answer("chat with sources", expect="chat")])
    assert (figures.helpful, figures.refused_wrongly) == (Share(1, 4), Share(1, 4))
    assert (figures.harmful, figures.made_up, figures.errors) == (Share(3, 7), Share(1, 2), Share(0, 7))


def test_sufficiency_is_measured_by_language_whatever_the_threshold() -> None:
    def judged(language: str, sufficiency: float | None, *, expect: str = "answer") -> dict[str, Any]:
        return answer("right", expect=expect) | {"language": language, "told": {"sufficiency": sufficiency}}

    rows = [judged("en", 0.9), judged("en", 0.2, expect="refuse"), judged("zh", 0.3), judged("zh", 0.6, expect="refuse")]
    talk = [judged("en", 0.0, expect="chat"), judged("en", None)]
    assert measure_sufficiency([*rows, *talk]) == {"en": 1.0, "zh": 0.0, "all": 0.75}
    assert measure_sufficiency([judged("en", 0.9)]) == {}


def test_a_scorer_that_judges_nothing_is_an_error(tmp_path: Path) -> None:
    scorer = tmp_path / "scorer.py"
    scorer.write_text("raise SystemExit('nothing was asked')")
    with pytest.raises(RuntimeError, match="judged nothing"):
        score("http://127.0.0.1:9", "key", tmp_path, scorer, ["a"], {})


def test_the_command_asks_an_installation_of_its_own_and_writes_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With an installation that answers nothing and a scorer that tells what it was called with."""

    class Started:
        url, stopped = "http://attest.test", False

        def __init__(self, home: Path, **environment: str) -> None:
            assert environment == NO_LIMITS

        def wait_until_ready(self) -> None: ...

        def manage(self, *arguments: str) -> Any:
            return type("Done", (), {"returncode": 0, "stdout": "a-key\n", "stderr": ""})

        def stop(self) -> None:
            Started.stopped = True

    scorer = tmp_path / "scorer.py"
    scorer.write_text(
        "import json, sys\nline = sys.argv\nassert line[line.index('--key') + 1] == 'a-key'\n"
        "verdict = {'verdict': 'right', 'answerable': True, 'expect': 'answer'}\n"
        "open(line[line.index('--save') + 1], 'w').write(json.dumps({'answers': [verdict]}))\n"
    )
    (tmp_path / "queries.jsonl").write_text('{"id": "one", "type": "fact", "corpus": "demo"}\n')
    monkeypatch.setattr(everyday, "Installation", Started)
    waited: list[tuple[str, str]] = []
    monkeypatch.setattr(everyday, "wait_until_read", lambda *where: waited.append(where))
    everyday.main([str(tmp_path), "--scorer", str(scorer), "--json", str(tmp_path / "figures.json")])
    assert Started.stopped and waited == [(Started.url, "a-key")]
    assert "helpful" in capsys.readouterr().out
    assert json.loads((tmp_path / "figures.json").read_text())["helpful"]["count"] == 1


@pytest.mark.skipif(not FOLDER.exists(), reason="no everyday questions beside this clone")
def test_forty_everyday_questions_are_mostly_answered_and_seldom_wrongly(tmp_path: Path) -> None:
    """Bounds that a broken step of the answer breaks; docs/quality.md has the figures."""
    installation = Installation(tmp_path / "data", **NO_LIMITS)
    try:
        installation.wait_until_ready()
        ids = choose(read_rows(FOLDER), corpora=[DEMO], limit=ASKED)
        key = make_key(installation)
        wait_until_read(installation.url, key)
        figures = measure(score(installation.url, key, FOLDER, SCORER, ids, {}))
    finally:
        installation.stop()
    assert figures.errors == Share(0, ASKED)
    assert figures.helpful.value >= 0.4
    assert figures.harmful.value <= 0.15
