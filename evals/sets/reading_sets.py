"""Read reading-comprehension sets: squad2-a and cmrc-a (a corpus and queries), and the files of the folder `reading`."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.sets.overlap import Overlap

LICENCES = {
    "squad2-a": "CC BY-SA 4.0", "cmrc-a": "CC BY-SA 4.0", "drcd": "CC BY-SA 3.0", "clapnq": "Apache-2.0 over CC BY-SA text",
    "mtrag-un": "Apache-2.0", "tatqa": "CC BY 4.0",
}  # fmt: skip
_NEAREST = 7  # other passages of the set kept for each question
_WINDOW = 1200  # characters of a long passage around its answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question of a reading set with its passage.

    Attributes:
        answers: (text, start in the passage) of the right answers; those of `mode` "parts" belong together.
        plausible: spans that look like an answer to an unanswerable question, each in the passage.
        group: what must not stand in two parts of a split: an article, a document.
        written: an answer in a person's own words, or "".
        others: passages of the same set, nearest first, that do not answer.
        siblings: other parts of the passage's document, which tell alike of something else and do not answer.
        without: the passage without the sentence that answers, or "".
    """

    dataset: str
    question: str
    passage: str
    group: str
    answers: tuple[tuple[str, int], ...] = ()
    plausible: tuple[str, ...] = ()
    answerable: bool = True
    title: str = ""
    written: str = ""
    others: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    without: str = ""

    @property
    def is_chinese(self) -> bool:
        return any("\u4e00" <= char <= "\u9fff" for char in self.question)


def read_items(data: Path) -> list[Item]:
    """Return the questions of every set that is there; only those that may be trained on."""
    items: list[Item] = []
    for name in LICENCES:
        items += _corpus_set(data / name) if (data / name).is_dir() else _reading_set(data / "reading", name)
    return items


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a .jsonl or .jsonl.gz file; none where neither is there. `path` is without its ending."""
    for file in (path.with_suffix(".jsonl"), path.with_suffix(".jsonl.gz")):
        if file.exists():
            with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)
            return


def _corpus_set(folder: Path) -> Iterator[Item]:
    corpus = {row["_id"]: row for row in read_rows(folder / "corpus")}
    for query in read_rows(folder / "queries"):
        key = query["relevant"][0] if query["relevant"] else query.get("asked_of")
        if key not in corpus:
            continue
        row = corpus[key]
        answers = [(answer, row["text"].find(answer)) for answer in query["answers"]]
        yield Item(
            dataset=folder.name, question=query["text"], passage=row["text"], group=row["title"], title=row["title"],
            answers=tuple((answer, start) for answer, start in answers if start >= 0), answerable=query["answerable"],
            plausible=tuple(answer for answer in query.get("plausible_answers", ()) if answer in row["text"]),
        )  # fmt: skip


def _reading_set(folder: Path, name: str) -> Iterator[Item]:
    for row in read_rows(folder / name):
        if not row["train"] or row["answerable"] is None:
            continue
        group = row.get("title") or row.get("source") or row["passages"][0][:80]
        located = [answer for answer in row["answers"] if answer["start"] is not None]
        place = located[0]["passage"] - 1 if located else 0
        answers = [(one["text"], one["start"]) for one in located if one["passage"] - 1 == place]
        passage, answers = _cut(row["passages"][place], answers)
        written = row.get("long_answer") or ("" if located or not row["answers"] else row["answers"][0]["text"])
        if row["answerable"] and not answers and not written:
            continue
        yield Item(
            dataset=name, question=row["question"], passage=passage if answers or not written else "\n\n".join(row["passages"]),
            group=str(group), title=row.get("title", ""), answers=tuple(answers), answerable=row["answerable"], written=written,
        )  # fmt: skip


def _cut(passage: str, answers: Sequence[tuple[str, int]]) -> tuple[str, list[tuple[str, int]]]:
    """Return a part of a long passage that holds the first answer, and the answers in it."""
    if len(passage) <= _WINDOW or not answers:
        return passage, list(answers)
    begin = max(0, answers[0][1] - _WINDOW // 2)
    begin = passage.rfind(" ", 0, begin) + 1 if begin else 0
    part = passage[begin : begin + _WINDOW]
    return part, [(text, start - begin) for text, start in answers if 0 <= start - begin <= len(part) - len(text)]


def with_others(items: Sequence[Item]) -> list[Item]:
    """Give each question of one set the passages of other places that share most words with it and hold none of its answers.

    One that has other passages keeps them.
    """
    passages = list(dict.fromkeys(item.passage for item in items))
    overlap = Overlap(passages)
    found = []
    for item in items:
        if item.others:
            found.append(item)
            continue
        nearest = [passages[i] for i in overlap.nearest(item.question, count=_NEAREST + 1)]
        answers = [text for text, _ in item.answers]
        others = [text for text in nearest if text != item.passage and not any(answer in text for answer in answers)]
        found.append(replace(item, others=tuple(others[:_NEAREST])))
    return found
