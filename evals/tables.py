"""How well are questions over tables answered? Lookups, sums, differences, averages, counts, over real tables of reports.

Each table is uploaded as a file into a collection of its own, by the production path, and its questions are asked there, without a
language model. Right: all values of the answer are told, within rounding. Refused: no answer. Wrong: anything else. Rules were
chosen on half of the tables; the other half is reported.

With `--plans` only the table itself is asked, by the plans that rules make, without an index and a search: half a minute instead of
half an hour.

    python -m evals.tables [--plans] [--data DIR] [--half reported|chosen|all] [--limit TABLES] [--json FILE] [--show N]
"""

import argparse
import csv
import hashlib
import json
import os
import platform
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import django
import docx
import openpyxl
from django.core.management import call_command
from tqdm import tqdm

from evals.intervals import wilson

SETS = ("aitqa", "tatqa")
FORMATS = ("csv", "csv", "csv", "csv", "csv", "xlsx", "xlsx", "xlsx", "docx", "docx")  # by a digit of the table's hash
COMPUTED = frozenset({"arithmetic", "count"})
GOALS = {"lookup.right": 0.80, "computed.right": 0.60, "wrong": 0.10}
_NUMBER = re.compile(r"\(?-?[$€£]?\d[\d,]*(?:\.\d+)?")
_ROUNDING = Decimal("0.006")  # of a unit; of a large value three parts in ten thousand
Ask = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question. `verdict`: "right", "wrong" or "refused"; `origin`: how the answer came."""

    kind: str  # "lookup", "computed"
    dataset: str
    verdict: str
    origin: str
    question: str
    told: str
    wanted: str


def kind_of(row: Mapping[str, Any]) -> str:
    return "computed" if row["kind"] in COMPUTED else "lookup"


def judge(row: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Return the verdict on one answer in the contract's JSON."""
    text = str(told.get("answer") or "")
    if told.get("outcome") != "answered" or not text.strip():
        return "refused"
    plain = re.sub(r"\[\d+\]", " ", text).replace("−", "-")
    return "right" if all(_is_told(answer, plain) for answer in row["answers"]) else "wrong"


def _is_told(answer: object, text: str) -> bool:
    wanted = _number(str(answer))
    if wanted is None:
        return _bare(str(answer)) in _bare(text)
    return any(_is_close(found, wanted) for match in _NUMBER.findall(text) if (found := _number(match)) is not None)


def _is_close(found: Decimal, wanted: Decimal) -> bool:
    """Tell whether two values agree within rounding; a decrease may be told without its sign."""
    return abs(abs(found) - abs(wanted)) <= max(_ROUNDING, abs(wanted) * _ROUNDING / 20)


def _number(text: str) -> Decimal | None:
    bare = re.sub(r"[^\d.]", "", re.sub(r"(?<=\d)\s*(?:%|million|thousand|billion|per ?cent).*$", "", text)).strip(".")
    is_number = bool(re.fullmatch(r"[\s$€£(+\-–]*\d[\d,]*(?:\.\d+)?[\s)%¢]*(?:million|thousand|billion|per ?cent)?", text.strip()))
    return Decimal(bare) if is_number and re.fullmatch(r"\d+(?:\.\d+)?", bare) else None


def _bare(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text).casefold().strip()


def format_of(table_id: str) -> str:
    """Return the format that a table is written in: the same at every run."""
    return FORMATS[hashlib.sha256(table_id.encode()).digest()[1] % len(FORMATS)]


def half_of(table_id: str) -> str:
    """Return "chosen" for the tables that rules were chosen on, "reported" for the others."""
    return "chosen" if hashlib.sha256(table_id.encode()).digest()[0] % 2 == 0 else "reported"


def grid_of(row: Mapping[str, Any]) -> list[list[str]]:
    """Return a table's rows with its header rows first; a name over several columns stands over the first of them."""
    if row["set"] != "aitqa":
        return [list(map(str, cells)) for cells in row["data"]]
    depth = max(map(len, row["column_header"]))
    paths = [[""] * (depth - len(path)) + list(path) for path in row["column_header"]]
    heads = [[path[level] for path in paths] for level in range(depth)]
    for head in heads[:-1]:
        for at in range(len(head) - 1, 0, -1):
            head[at] = "" if head[at] == head[at - 1] else head[at]
    labels = [" - ".join(part for part in path if part) for path in row["row_header"]]
    lead = [""] if labels else []
    body = [([labels[at]] if labels else []) + list(map(str, cells)) for at, cells in enumerate(row["data"])]
    return [*(lead + head for head in heads), *body]


def write_table(row: Mapping[str, Any], folder: Path) -> Path:
    """Write a table and return its file."""
    kind, grid = format_of(row["table_id"]), grid_of(row)
    path = folder / f"{row['table_id']}.{kind}"
    match kind:
        case "csv":
            with path.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows(grid)
        case "xlsx":
            book = openpyxl.Workbook()
            for cells in grid:
                book.worksheets[0].append(cells)
            book.save(path)
        case _:
            _write_docx(grid, row.get("context") or (), path)
    return path


def _write_docx(grid: Sequence[Sequence[str]], context: Sequence[str], path: Path) -> None:
    document = docx.Document()
    for paragraph in context:
        document.add_paragraph(paragraph)
    table = document.add_table(rows=0, cols=max(map(len, grid)))
    for cells in grid:
        made = table.add_row().cells
        for at, text in enumerate(cells):
            made[at].text = text
    document.save(str(path))


def read_tables(data: Path, *, half: str, limit: int | None) -> list[list[dict[str, Any]]]:
    """Return the questions of the sets that are there, those of one table together."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for name in SETS:
        path = data / "tables" / f"{name}.jsonl"
        for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
            row = json.loads(line)
            if half in ("all", half_of(row["table_id"])):
                found[name, row["table_id"]].append(row)
    tables = list(found.values())
    step = max(1, len(tables) // limit) if limit else 1
    return tables[::step][:limit]


def measure(tables: Sequence[Sequence[Mapping[str, Any]]], *, open_table: Callable[[Mapping[str, Any]], Ask]) -> list[Outcome]:
    """Upload each table and ask its questions."""
    outcomes = []
    for rows in tqdm(tables, desc="tables", file=sys.stderr):
        ask = open_table(rows[0])
        for row in rows:
            told = ask(row["question"])
            wanted = f"{row['answers']} {row['scale']}".strip()
            shown = str(told.get("answer") or told.get("reason"))
            outcomes.append(
                Outcome(kind_of(row), row["set"], judge(row, told), str(told.get("origin") or ""), row["question"], shown, wanted)
            )
    return outcomes


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures in the form that every measurement has."""
    measures = []
    for name, chosen in (
        ("lookup", [one for one in outcomes if one.kind == "lookup"]),
        ("computed", [one for one in outcomes if one.kind == "computed"]),
        ("all", outcomes),
    ):
        counts = Counter(one.verdict for one in chosen)
        for verdict in ("right", "wrong", "refused"):
            share = counts[verdict] / len(chosen) if chosen else 0.0
            goal = GOALS.get(f"{name}.{verdict}") or (GOALS["wrong"] if verdict == "wrong" else None)
            is_met = None if goal is None else share <= goal if verdict == "wrong" else share >= goal
            low, high = wilson(share, len(chosen))
            measures.append(
                {
                    "name": f"{name}.{verdict}",
                    "value": round(share, 4),
                    "interval": [round(low, 4), round(high, 4)],
                    "count": len(chosen),
                    "unit": "share",
                    "goal": goal,
                    "met": is_met,
                }
            )
    return {"machine": platform.platform(), "date": datetime.now(UTC).date().isoformat(), "measures": measures}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure answers over tables.")
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--half", choices=("reported", "chosen", "all"), default="reported")
    parser.add_argument("--plans", action="store_true", help="ask the tables themselves, without an index and a search")
    parser.add_argument("--limit", type=int, help="at most so many tables, evenly from the whole")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--show", type=int, default=0, help="print so many failures of each kind and verdict")
    options = parser.parse_args()
    tables = read_tables(options.data, half=options.half, limit=options.limit)
    if not tables:
        sys.exit(f"No questions over tables at {options.data}")
    with tempfile.TemporaryDirectory(prefix="attest-tables-") as home:
        os.environ |= {"ATTEST_HOME": home, "DJANGO_SETTINGS_MODULE": "config.settings.base"}
        django.setup()
        if options.plans:
            outcomes = measure(tables, open_table=plan_opener(Path(home)))
        else:
            call_command("migrate", verbosity=0)
            outcomes = measure(tables, open_table=opener(Path(home)))
    figures = report(outcomes)
    _print(figures, outcomes, show=options.show)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def opener(home: Path) -> Callable[[Mapping[str, Any]], Ask]:
    """Return what uploads a table into a collection of its own and asks there. After Django's set-up."""
    from django.contrib.auth.models import Group  # its models load with Django

    from accounts.models import User
    from chat.flow.running import ask
    from evals.datasets import Entry
    from evals.evaluation.indexing import index_entries
    from kb.index.engine import get_engine
    from kb.models import Collection

    group, user = Group.objects.create(name="Tables"), User.objects.create_user(username="tables")
    user.groups.add(group)
    folder = home / "files"
    folder.mkdir()

    def open_table(row: Mapping[str, Any]) -> Ask:
        path = write_table(row, folder)
        slug = f"{row['set']}-{row['table_id']}"[:60]
        collection = Collection.objects.create(name=slug, slug=slug)
        collection.groups.add(group)
        entries: Iterable[Entry] = [Entry(id=path.name, title="", path=path)]
        index_entries(entries, collection=collection, user=user, engine=get_engine(), progress=lambda _count: None)
        return lambda question: ask(question, user=user, collection=collection).as_dict()

    return open_table


def plan_opener(folder: Path) -> Callable[[Mapping[str, Any]], Ask]:
    """Return what reads a table's file and asks the table itself. After Django's set-up."""
    from chat.tables.choosing import Source, choose  # with Django's settings
    from chat.tables.page_tables import PageText, read_tables
    from chat.tables.telling import tell
    from ingest.parsers.content import ParsedPage
    from ingest.parsers.office.docx import parse_docx
    from ingest.parsers.office.xlsx import parse_xlsx
    from ingest.parsers.tables.csv_rows import parse_csv

    parsers: dict[str, Callable[..., Iterable[object]]] = {".csv": parse_csv, ".xlsx": parse_xlsx, ".docx": parse_docx}

    def open_table(row: Mapping[str, Any]) -> Ask:
        path = write_table(row, folder)
        with path.open("rb") as stream:
            pages = [item for item in parsers[path.suffix](stream, name=path.name) if isinstance(item, ParsedPage)]
        texts = [PageText(page.number, page.text, [block.as_dict() for block in page.blocks]) for page in pages]
        sources = [Source(table=table, document=path.name, about=path.stem, rank=0) for table in read_tables(texts)]

        def ask(question: str) -> Mapping[str, Any]:
            chosen = choose(question, sources, is_only=len(sources) == 1)
            if chosen is None:
                return {"outcome": "refused", "reason": "no_plan"}
            text = "".join(one.prefix + one.text for one in tell(chosen.result))
            return {"outcome": "answered", "answer": text, "origin": str(chosen.result.plan.operation)}

        return ask

    return open_table


def _print(figures: Mapping[str, Any], outcomes: Sequence[Outcome], *, show: int) -> None:
    for one in figures["measures"]:
        low, high = one["interval"]
        missed = "   goal missed" if one["met"] is False else ""
        sys.stdout.write(f"{one['name']:20} {one['value']:.3f} [{low:.3f}, {high:.3f}] of {one['count']}{missed}\n")
    ways = Counter((one.kind, one.origin or "none", one.verdict) for one in outcomes)
    for (kind, origin, verdict), count in sorted(ways.items()):
        sys.stdout.write(f"{kind:10} {origin:10} {verdict:8} {count}\n")
    shown: Counter[str] = Counter()
    for one in outcomes:
        key = f"{one.dataset} {one.kind} {one.verdict} {one.origin}"
        if one.verdict != "right" and shown[key] < show:
            shown[key] += 1
            sys.stdout.write(f"{key}: {one.question} | {one.wanted}\n    {one.told[:300]!r}\n")


if __name__ == "__main__":
    main()
