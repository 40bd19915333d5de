"""How well does an installation answer what employees ask? It is started for this, and asked and judged by an outside scorer.

The scorer is a script that knows nothing of Attest's inside: it reads FOLDER/queries.jsonl (`id`, `type`, `corpus`), asks over REST
at `--url` with `--key`, and writes its verdicts with `--save`. Helpful: all facts are told, of the questions that can be answered;
harmful: a wrong or an invented answer, of all. How well sufficiency tells the questions that can be answered from the others is an
AUROC by language, whatever the threshold.

    python -m evals.everyday FOLDER --scorer FILE [--documents CORPUS=DIR …] [--questions N] [--json FILE]

The demo is asked without `--documents`, every further corpus once its documents are given.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import zip_longest
from pathlib import Path
from typing import Any

import httpx

from bench.harness.served import Installation
from bench.harness.site import READ_S, wait_until
from evals.intervals import wilson
from evals.metrics import auroc

DEMO, ASKER = "demo", "asker"
NO_LIMITS = {"ATTEST_RATE_ASK_PER_MINUTE": "0", "ATTEST_RATE_KEY_PER_MINUTE": "0"}


@dataclass(frozen=True, slots=True)
class Share:
    """So many, of so many."""

    count: int
    of: int

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.value, self.of)


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of the questions, by what the scorer says of each."""

    helpful: Share
    harmful: Share
    refused_wrongly: Share
    made_up: Share
    errors: Share


def choose(rows: Sequence[Mapping[str, Any]], *, corpora: Sequence[str], limit: int | None) -> list[str]:
    """Return the ids of the questions to ask: of each kind in turn, in an order that is random but always the same."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: hashlib.sha256(row["id"].encode()).digest()):
        if row["corpus"] in corpora:
            kinds[row["type"]].append(row["id"])
    in_turn = [name for names in zip_longest(*(kinds[kind] for kind in sorted(kinds))) for name in names if name is not None]
    return in_turn[:limit]


def measure(answers: Sequence[Mapping[str, Any]]) -> Figures:
    """Count what the scorer saved of each question: `verdict`, `answerable` and `expect`."""
    verdicts = [answer["verdict"] for answer in answers]
    answerable, unanswerable = (
        sum(answer["answerable"] for answer in answers),
        sum(answer["expect"] == "refuse" for answer in answers),
    )
    made_up = verdicts.count("answered wrongly")
    return Figures(
        helpful=Share(verdicts.count("right"), answerable),
        harmful=Share(verdicts.count("wrong") + made_up + verdicts.count("chat with sources"), len(answers)),
        refused_wrongly=Share(verdicts.count("refused"), answerable),
        made_up=Share(made_up, unanswerable),
        errors=Share(verdicts.count("error"), len(answers)),
    )


def measure_sufficiency(answers: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return, by language and for all, the AUROC of the sufficiency that each answer tells; talk and the library have none."""
    judged = [row for row in answers if row["expect"] != "chat" and row.get("told", {}).get("sufficiency") is not None]
    found: dict[str, float] = {}
    for language in (*sorted({row["language"] for row in judged}), "all"):
        rows = [row for row in judged if language in ("all", row["language"])]
        held, missing = ([row["told"]["sufficiency"] for row in rows if row["answerable"] is side] for side in (True, False))
        if held and missing:
            found[language] = round(auroc(held, missing) or 0.0, 3)
    return found


def score(
    url: str, key: str, folder: Path, scorer: Path, ids: Sequence[str], collections: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Let the scorer ask the questions with these ids. Returns: what it saved of each. Raises: RuntimeError: it did not judge."""
    with tempfile.TemporaryDirectory() as kept:
        saved = Path(kept) / "answers.json"
        only = "^(?:" + "|".join(ids) + ") "
        slugs = [part for corpus, slug in collections.items() for part in ("--collection", f"{corpus}={slug}")]
        command = [
            sys.executable,
            str(scorer),
            str(folder),
            "--url",
            url,
            "--key",
            key,
            "--only",
            only,
            *slugs,
            "--save",
            str(saved),
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if not saved.exists():
            raise RuntimeError(f"{scorer} ended with {done.returncode} and judged nothing: {done.stdout[-500:]}")
        found: list[dict[str, Any]] = json.loads(saved.read_text(encoding="utf-8"))["answers"]
        return found


def make_key(installation: Installation) -> str:
    """Return an API key of a new account that may read everything. Raises: RuntimeError."""
    _manage(installation, "create_account", ASKER, "--role", "knowledge_admin")
    return _manage(installation, "create_api_key", "--user", ASKER, "--scope", "ask", "--scope", "read", "--days", "1").strip()


def wait_until_read(url: str, key: str) -> None:
    """Wait until no document of the installation is being read."""
    with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=READ_S) as client:

        def all_finished() -> bool:
            slugs = [row["slug"] for row in client.get("/collections").raise_for_status().json()]
            lists = [client.get(f"/collections/{slug}/documents", params={"per_page": 200}).raise_for_status() for slug in slugs]
            rows = [row for listed in lists for row in listed.json()["items"]]
            return bool(rows) and all(row["version"]["is_finished"] for row in rows)

        wait_until(all_finished, timeout_s=READ_S, what="all documents are read")


def _manage(installation: Installation, *arguments: str) -> str:
    done = installation.manage(*arguments)
    if done.returncode:
        raise RuntimeError(f"manage.py {arguments[0]} failed: {done.stderr[-500:]}")
    return done.stdout


def read_rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def print_table(figures: Figures) -> None:
    for name, share in _shares(figures).items():
        low, high = share.interval
        print(f"{name.replace('_', ' '):16} {share.count:4} of {share.of:4}  {share.value:.3f}  ({low:.2f} to {high:.2f})")


def as_json(figures: Figures) -> dict[str, Any]:
    """Return each share with its interval."""
    return {name: asdict(share) | {"interval": share.interval} for name, share in _shares(figures).items()}


def _shares(figures: Figures) -> dict[str, Share]:
    return {field.name: getattr(figures, field.name) for field in fields(figures)}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with queries.jsonl")
    parser.add_argument("--scorer", type=Path, required=True, help="the script that asks and judges")
    parser.add_argument("--documents", action="append", default=[], metavar="CORPUS=DIR", help="documents of a further corpus")
    parser.add_argument("--questions", type=int, help="so many, of each kind in turn; default: all")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args(arguments)
    corpora = dict(given.split("=", 1) for given in options.documents)
    with tempfile.TemporaryDirectory() as home:
        installation = Installation(Path(home) / "data", **NO_LIMITS)
        try:
            installation.wait_until_ready()
            for corpus, documents in corpora.items():
                _manage(installation, "ingest", documents, "--collection", corpus, "--create")
            ids = choose(read_rows(options.folder), corpora=[DEMO, *corpora], limit=options.questions)
            key = make_key(installation)
            wait_until_read(installation.url, key)
            answers = score(installation.url, key, options.folder, options.scorer, ids, {corpus: corpus for corpus in corpora})
        finally:
            installation.stop()
    figures, sufficiency = measure(answers), measure_sufficiency(answers)
    print_table(figures)
    print("AUROC of sufficiency:", ", ".join(f"{language} {value:.3f}" for language, value in sufficiency.items()) or "–")
    if options.json:
        report = as_json(figures) | {"sufficiency_auroc": sufficiency}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
