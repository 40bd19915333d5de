"""Write the passages that the judge does not learn from, with their questions, as sets for `manage.py calibrate`.

    python -m training.held_out --out DIR

One folder a language: its passages as documents, and the questions that people ask of them in both languages. "written-…" has those
of `training/passages` that training leaves out, "unread-…" those of `training/unread`, none of which it reads.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.mixing import is_learnt
from training.written import PASSAGES, UNREAD, WRITTEN, read_rows_of


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    rows = [row for row in read_rows_of(PASSAGES) if not is_learnt(WRITTEN, row["title"])]
    for name, found in (("written", rows), ("unread", read_rows_of(UNREAD))):
        for language in ("en", "zh"):
            write_set(options.out / f"{name}-{language}", [row for row in found if row["language"] == language])


def write_set(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write passages as `corpus.jsonl` and their questions as `queries.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    corpus, queries = [], []
    for number, row in enumerate(rows):
        name = f"d{number}"
        heading = "\n\n".join(f"{'#' * level} {text}" for level, text in enumerate(row["headings"], start=2))
        corpus.append({"_id": name, "title": row["title"], "text": f"{heading}\n\n{row['text']}".strip()})
        for place, asked in enumerate(row["questions"]):
            found = {"answers": [asked["a"]], "answerable": True, "relevant": [name]}
            none = {"answers": [], "answerable": False, "relevant": [], "asked_of": name}
            queries.append({"_id": f"{name}-{place}", "text": asked["q"], **(found if asked["a"] else none)})
    for name, lines in (("corpus", corpus), ("queries", queries)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
