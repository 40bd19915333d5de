"""Golden questions in a file: JSON Lines, or a table with commas. All of it is read, or it is refused by its first bad line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from curation.errors import CurationRefused
from curation.golden.expecting import OR, read_fact
from curation.golden.models import GoldenQuestion, digest_of
from curation.golden.questions import clean_expected, clean_golden
from kb.models import Collection

MAX_BYTES = 2 * 1024 * 1024
COLUMNS = ("question", "expect", "facts", "documents", "note")
_EXPECT = {"": False, "answer": False, "refusal": True, "refuse": True}


def read_file(data: bytes, *, collection: Collection) -> list[dict[str, Any]]:
    """Return the questions of a file as columns of `GoldenQuestion`, each once. A file that begins with "{" is JSON Lines.

    Raises: CurationRefused: "golden_file": with the number of the line, and what to do.
    """
    if len(data) > MAX_BYTES:
        raise CurationRefused("golden_file", _("The file is larger than 2 MB. Send it in parts."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CurationRefused("golden_file", _("The file is not text in UTF-8. Save it as UTF-8.")) from error
    lines = _read_json(text) if text.lstrip().startswith("{") else _read_table(text)
    rows: dict[str, dict[str, Any]] = {}
    for number, given in lines:
        try:
            row = _read_row(given, collection=collection)
        except CurationRefused as refused:
            raise _refuse(number, refused.message) from refused
        if digest_of(row["question"]) in rows:
            raise _refuse(number, _("The question appears twice in the file."))
        rows[digest_of(row["question"])] = row
    if not rows:
        raise CurationRefused("golden_file", _("The file contains no questions."))
    return list(rows.values())


def _refuse(number: int, message: str) -> CurationRefused:
    return CurationRefused("golden_file", _("Line %(number)d: %(message)s") % {"number": number, "message": message})


def _read_json(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _refuse(number, _("This is not JSON. Write one object per line.")) from error
        if not isinstance(given, dict):
            raise _refuse(number, _("This is not a JSON object."))
        if unknown := sorted(given.keys() - {*COLUMNS, "is_active"}):
            raise _refuse(number, _("Unknown field “%(name)s”.") % {"name": unknown[0]})
        yield number, given


def _read_table(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Facts and documents of a cell are separated by semicolons or lines, the wordings of a fact by "|"."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [(name or "").strip().casefold() for name in reader.fieldnames or ()]
        if "question" not in names:
            message = _("The first line must contain the column names: question, expect, facts, documents, note.")
            raise CurationRefused("golden_file", message)
        if unknown := [name for name in names if name not in COLUMNS]:
            raise CurationRefused("golden_file", _("Unknown column “%(name)s”.") % {"name": unknown[0]})
        reader.fieldnames = names
        for given in reader:
            if None in given:
                raise _refuse(reader.line_num, _("There are more cells than columns."))
            cells = {name: value or "" for name, value in given.items()}
            if not any(value.strip() for value in cells.values()):
                continue
            parts = {name: _parts(cells.get(name, "")) for name in ("facts", "documents")}
            yield reader.line_num, cells | parts
    except csv.Error as error:
        raise _refuse(reader.line_num, _("The table cannot be read: a quotation mark is missing.")) from error


def _parts(cell: str) -> list[str]:
    return [part.strip() for line in cell.splitlines() for part in line.split(";") if part.strip()]


def _read_row(given: Mapping[str, Any], *, collection: Collection) -> dict[str, Any]:
    expect = given.get("expect", "")
    if not isinstance(expect, str) or expect.strip().casefold() not in _EXPECT:
        raise CurationRefused("golden_file", _("“expect” must be “answer” or “refusal”."))
    question, note = given.get("question"), given.get("note", "")
    if not isinstance(question, str) or not isinstance(note, str):
        raise CurationRefused("golden_file", _("“question” and “note” must be text."))
    expected = clean_expected(
        collection=collection,
        is_refusal=_EXPECT[expect.strip().casefold()],
        facts=[_fact(fact) for fact in _list(given.get("facts", []))],
        documents=[_text(name) for name in _list(given.get("documents", []))],
    )
    return {"question": clean_golden(question), "note": note.replace("\x00", "").strip()[:2000], **expected.as_dict()}


def _fact(given: Any) -> Sequence[str]:
    """Return the wordings of a fact: a list of them, or a text with "|" between them."""
    return [_text(wording) for wording in given] if isinstance(given, list) else read_fact(_text(given))


def _list(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise CurationRefused("golden_file", _("“facts” and “documents” must be lists."))
    return given


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise CurationRefused("golden_file", _("Facts and documents must be text."))
    return given


def write_lines(rows: Iterable[GoldenQuestion]) -> str:
    """Return golden questions as JSON Lines, as they can be read again."""
    return "".join(
        json.dumps(
            {
                "question": row.question,
                "expect": "refusal" if row.is_refusal else "answer",
                "facts": [OR.join(fact) for fact in row.facts],
                "documents": row.documents,
                "note": row.note,
            },
            ensure_ascii=False,
        )
        + "\n"
        for row in rows
    )
