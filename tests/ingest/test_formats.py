"""One list of formats: what it declares is what is accepted, recognised, read and listed."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils.translation import override

from ingest import accepted
from ingest.errors import MESSAGES, english_message, message_for
from ingest.parsers.formats.format import Format
from ingest.parsers.formats.registry import BY_ENDING, BY_TYPE, FORMATS, UNREAD, load_reader
from ingest.parsers.refusal import Refusal
from tests.front_door.files import SAMPLES, Sample
from tests.ingest.files import write
from tests.ingest.store import detect

ALLOWED = [
    "chat/conversations/exporting/export.py: application/pdf",  # what is written, not read
    "ingest/parsers/mail/eml.py: message/rfc822",  # of a mail's own parts, which are no files
    "templates/curation/golden_import.html: .jsonl",  # golden questions, which are no document
]
ROOT = Path(__file__).resolve().parents[2]


def test_a_type_and_an_ending_belong_to_one_format() -> None:
    assert len(BY_TYPE) == len(FORMATS)
    assert len(BY_ENDING) == sum(len(one.endings) for one in FORMATS)
    assert not set(BY_ENDING) & set(UNREAD)
    assert set(UNREAD.values()) <= set(MESSAGES)
    assert {kind for one in FORMATS for kind in one.may_look_like} <= set(BY_TYPE)


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.media_type)
def test_a_declared_reader_is_there(one: Format) -> None:
    assert callable(load_reader(one))


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.name)
def test_a_file_is_recognised_under_each_of_its_endings(sample: Sample, tmp_path: Path) -> None:
    for ending in BY_TYPE[sample.media_type].endings:
        assert detect(write(tmp_path, f"file{ending.upper()}", sample.data)) == sample.media_type


@pytest.mark.parametrize("ending", UNREAD)
def test_an_ending_that_is_not_read_says_why(ending: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        detect(write(tmp_path, f"file{ending}", b"Words.\n"))
    assert refused.value.code == UNREAD[ending]


def test_the_form_and_the_message_list_the_same_formats() -> None:
    rendered = Template("{% load formats %}{% accepted_endings %}|{% accepted_formats %}").render(Context())
    endings, _, names = rendered.partition("|")
    assert endings.split(",") == list(BY_ENDING)
    assert names.startswith("PDF, Word (.docx")
    shown = set(re.findall(r"\.\w+", names)) | {f".{name.lower()}" for name in re.findall(r"\w+", names)}
    assert shown >= {one.endings[0] for one in FORMATS if one.endings}
    assert names in message_for("unknown_type")


def test_a_stored_message_is_english_and_whole() -> None:
    with override("zh-hans"):
        assert english_message("unknown_type") == (
            f"This file type is not supported. Upload one of these: {describe_in_english()}."
        )


def describe_in_english() -> str:
    with override("en"):
        return accepted.describe_formats()


def test_no_other_module_lists_media_types_or_endings() -> None:
    declared = {"application/pdf", ".docx", ".xlsx", ".pptx", ".jsonl", "message/rfc822"}
    others = [
        f"{path.relative_to(ROOT)}: {word}"
        for package in ("api", "chat", "ingest", "kb", "templates", "static/js")
        for path in (ROOT / package).rglob("*")
        if path.suffix in (".py", ".html", ".js") and path.name != "registry.py"
        for word in declared
        if re.search(rf"""["',]{re.escape(word)}["',]""", path.read_text(encoding="utf-8"))
    ]
    assert others == ALLOWED
