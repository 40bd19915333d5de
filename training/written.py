"""Read the passages of invented company documents that were written for training, with questions as employees ask them.

`training/passages/*.jsonl`, a passage a line: `title`, `headings`, `text`, and `questions`, each with `q` and `a`, the shortest
piece of the text that answers, or null: those look answerable and are not. A fifth of the questions are in the other language.
Passages of one title are parts of one document, which look alike, and a question is answered by one of them alone.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.sets.reading_sets import Item, read_rows
from retrieval.types import in_context

WRITTEN = "written"
LICENCES = {WRITTEN: "written for Attest (Apache-2.0)"}
PASSAGES = Path(__file__).parent / "passages"
UNREAD = Path(__file__).parent / "unread"  # written likewise, by others; what is fitted above the reader learns from them
_OTHERS = 3  # other passages for each question: of its document, else of any, of which few tell of the same subject


def read_rows_of(folder: Path) -> list[dict[str, Any]]:
    """Return the passages of a folder, in the order of its files' names."""
    return [row for path in sorted(folder.glob("*.jsonl")) for row in read_rows(path.with_suffix(""))]


def read_written(folder: Path = PASSAGES) -> Iterator[Item]:
    """Yield the questions, each on its passage as it is embedded: below its title and headings."""
    rows = read_rows_of(folder)
    passages = [in_context(title=row["title"], heading_path=tuple(row["headings"]), prefix="", text=row["text"]) for row in rows]
    rng = random.Random(5)
    for row, passage in zip(rows, passages, strict=True):
        begin = len(passage) - len(row["text"])
        siblings = [other for other, one in zip(passages, rows, strict=True) if one["title"] == row["title"] and other != passage]
        others = siblings or [other for other, one in zip(passages, rows, strict=True) if one["language"] == row["language"]]
        others = [other for other in others if other != passage]
        for asked in row["questions"]:
            answer = asked["a"]
            yield Item(
                dataset=WRITTEN, question=asked["q"], passage=passage, group=row["title"], title=row["title"],
                answers=((answer, begin + row["text"].index(answer)),) if answer else (), answerable=bool(answer),
                others=tuple(rng.sample(others, min(_OTHERS, len(others)))), siblings=tuple(siblings),
            )  # fmt: skip
