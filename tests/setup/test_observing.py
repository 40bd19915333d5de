"""deploy/prometheus and deploy/grafana: rules that Prometheus takes, alerts that fire, and series that Attest really exposes."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing (Debian: prometheus)")


def read_rules(name: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / name).read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def read_expressions() -> list[str]:
    """Every expression of rules, alerts and dashboards."""
    found = [rule["expr"] for name in ("rules.yml", "alerts.yml") for rule in read_rules(name)]
    for path in DASHBOARDS:
        panels = json.loads(path.read_text(encoding="utf-8"))["panels"]
        found += [target["expr"] for panel in panels for target in panel.get("targets", ())]
    return found


def run_promtool(*arguments: str) -> str:
    done = subprocess.run(["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_each_alert_fires_once_and_none_on_a_quiet_day() -> None:
    assert "SUCCESS" in run_promtool("test", "rules", "alerts_test.yml")
    tested = (PROMETHEUS / "alerts_test.yml").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in read_rules("alerts.yml") if rule["alert"] not in tested] == []


@needs_promtool
def test_prometheus_understands_every_expression(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(read_expressions())
    ]
    (tmp_path / "all.yml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}), encoding="utf-8")
    assert f"{len(rules)} rules found" in run_promtool("check", "rules", str(tmp_path / "all.yml"))


def test_every_series_is_one_that_is_documented_or_recorded() -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    recorded = {rule["record"] for rule in read_rules("rules.yml")}
    known = set(re.findall(r"`(attest_\w+?)(?:_total)?`", page))
    for expression in read_expressions():
        for name in re.findall(r"\battest[_:][\w:]+", expression):
            base = re.sub(r"_(total|count|sum|bucket)$", "", name)
            assert name in recorded or base in known or base.startswith("attest_model_"), (name, expression)


def test_bounds_that_rules_ask_for_are_bounds_of_the_histograms() -> None:
    from chat.measuring import FIRST_SENTENCE
    from ingest.measuring import JOB

    bounds = {instrument.name: {f"{bound:g}" for bound in instrument.bounds} for instrument in (FIRST_SENTENCE, JOB)}
    asked = [found for one in read_expressions() for found in re.findall(r'(attest_\w+)_bucket\{[^}]*le=~"([\d.]+)\|', one)]
    assert {name for name, _bound in asked} == set(bounds)
    assert [(name, bound) for name, bound in asked if bound not in bounds[name]] == []


def test_every_alert_has_its_page_in_the_runbooks_and_no_page_is_left_over() -> None:
    page = (ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
    alerts = {rule["alert"]: rule for rule in read_rules("alerts.yml")}
    assert re.findall(r"^## (Attest\w+)$", page, re.MULTILINE) == list(alerts)
    for name, rule in alerts.items():
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{name.lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")
