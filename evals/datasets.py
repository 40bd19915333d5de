"""Reading an evaluation set: a folder with queries.jsonl and corpus.jsonl(.gz), docs/ or pdfs/."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a set. `relevant`: ids of documents; `pages`: physical pages from 1 of those that hold the evidence."""

    id: str
    text: str
    is_answerable: bool
    relevant: frozenset[str]
    pages: frozenset[int]
    answers: tuple[str, ...]
    answers_all: tuple[tuple[str, ...], ...]  # every part must be hit by one of its strings; empty where `answers` rules
    asked_of: str = ""  # the document that an unanswerable question was written against, to look answerable


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document: either its text, or a file."""

    id: str
    title: str
    text: str = ""
    path: Path | None = None


class BadDataset(Exception):
    """The folder is not an evaluation set."""


def read_questions(folder: Path, *, limit: int | None = None) -> list[Question]:
    """Return the questions, the first `limit` of them. Raises: BadDataset."""
    path = folder / "queries.jsonl"
    if not path.is_file():
        raise BadDataset(f"{folder} has no queries.jsonl.")
    questions = [_question(row) for row in read_lines(path)]
    return questions[:limit] if limit else questions


def read_entries(folder: Path) -> Iterator[Entry]:
    """Yield the documents: files below docs/ or pdfs/ where there are any, else the corpus's texts. Raises: BadDataset.

    Questions about another set's documents say where these lie, relative to their folder: {"documents": "../handbook/docs"}.
    """
    folder_name = _declared_documents(folder)
    for name, keeps_suffix in (("docs", True), ("pdfs", False), *([(folder_name, True)] if folder_name else [])):
        root = (folder / name).resolve()
        if root.is_dir():
            for path in sorted(path for path in root.rglob("*") if path.is_file()):
                relative = path.relative_to(root)
                yield Entry(id=str(relative if keeps_suffix else relative.with_suffix("")), title="", path=path)
            return
    for path in (folder / "corpus.jsonl", folder / "corpus.jsonl.gz"):
        if path.is_file():
            for row in read_lines(path):
                yield Entry(id=str(row["_id"]), title=row.get("title", ""), text=row.get("text", ""))
            return
    raise BadDataset(f"{folder} has neither docs/, pdfs/ nor corpus.jsonl(.gz).")


def _declared_documents(folder: Path) -> str:
    path = folder / "queries.jsonl"
    first = next(read_lines(path), {}) if path.is_file() else {}
    return str(first.get("documents") or "")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            if line.strip():
                yield json.loads(line)


def _question(row: dict[str, Any]) -> Question:
    pages = row.get("pages") or ([row["page"]] if row.get("page") else [])
    return Question(
        id=str(row["_id"]),
        text=row["text"],
        is_answerable=bool(row.get("answerable", True)),
        relevant=frozenset(str(item) for item in row.get("relevant", ())),
        pages=frozenset(int(page) for page in pages),
        answers=tuple(str(answer) for answer in row.get("answers", ())),
        answers_all=tuple(tuple(str(answer) for answer in part) for part in row.get("answers_all", ())),
        asked_of=str(row.get("asked_of", "")),
    )
