"""Real damaged, locked, scanned, slow and hostile files end as they should, and nothing worse happens."""

import json
import time
import unicodedata

import pytest

from ingest.errors import MESSAGES, UserFault
from ingest.parsers.content import ParsedPage
from ingest.parsers.formats.registry import BY_ENDING
from ingest.parsers.pictures import recognition as ocr
from ingest.parsers.refusal import Refusal
from tests.ingest.files import SHARED
from tests.ingest.store import read_in_child

FOLDER = SHARED / "bad-files"
NEEDED_SHARE = 0.98
HANGS_S = 180  # a page full of small print takes OCR 20 s on a free core, several times as long on a slow or busy one
READ_SINCE = (".docm", ".xlsm")  # without their macros; the manifest was written when they were refused


def entries():
    return [json.loads(line) for line in (FOLDER / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def plain(text):
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if not c.isspace() and unicodedata.category(c) != "Cc")


def outcome(path):
    """Return (verdict, code, text) of a file, as an upload and its parsing would give it."""
    try:
        items = list(read_in_child(path))
    except (Refusal, UserFault) as error:
        return "refused", error.code, ""
    text = "\n".join(item.text for item in items if isinstance(item, ParsedPage))
    return ("readable", "", text) if text.strip() else ("refused", "no_text", "")


def is_right(row, verdict, text):
    accepted = {row["expect"], *row.get("accept", ())} | ({"readable"} if row["file"].lower().endswith(READ_SINCE) else set())
    if verdict == "refused":
        return "refused" in accepted or ("readable-with-ocr" in accepted and not ocr.is_available())
    if not accepted & {"readable", "readable-with-ocr"}:
        return False
    wanted = (
        [row[key] for key in ("must_contain", "must_contain_ocr") if row.get(key)]
        if "readable" not in accepted
        else [row.get("must_contain", "")]
    )
    forbidden = row.get("must_not_contain") or []
    forbidden = [forbidden] if isinstance(forbidden, str) else forbidden
    return any(plain(words) in plain(text) for words in wanted or [""]) and not any(
        plain(words) in plain(text) for words in forbidden
    )


def test_bad_files_end_as_they_should():
    if not FOLDER.is_dir():
        pytest.skip("../shared/data/bad-files is not there")
    rows, wrong, slow = entries(), [], []
    for row in rows:
        started = time.monotonic()
        verdict, code, text = outcome(FOLDER / row["file"])
        if time.monotonic() - started > HANGS_S:
            slow.append(row["file"])
        assert not code or code in MESSAGES
        assert "\0" not in text
        text.encode()  # no lone surrogates
        if row["kind"] == "archive":  # one of them holds itself
            assert is_right(row, verdict, text), row["file"]
        if not is_right(row, verdict, text):
            wrong.append((row["file"], row["expect"], verdict, code, row.get("must_contain", ""), text[:60]))
    assert not slow
    assert len(rows) == 176
    assert len(wrong) <= (1 - NEEDED_SHARE) * len(rows), wrong
    assert {suffix for row in rows if (suffix := "." + row["file"].rsplit(".", 1)[-1].lower()) in BY_ENDING} >= {
        ".pdf",
        ".docx",
        ".pptx",
        ".xlsx",
        ".csv",
        ".eml",
        ".html",
        ".png",
        ".jpg",
        ".tif",
    }
