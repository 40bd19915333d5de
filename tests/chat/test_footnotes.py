"""A source in words: with title, version and page, and what a reader must know of it since."""

from typing import Any

import pytest
from django.utils import translation

from chat.conversations.exporting.script import _note
from chat.conversations.footnotes import footnote, name_place
from chat.templatetags.answers import with_sources

CITATION: dict[str, Any] = {
    "marker": 2,
    "title": "Leave policy",
    "version": 3,
    "page": 4,
    "page_label": "iv",
    "quote": "Six\n hours a week.",
    "document_uid": "0",
    "version_uid": "1d1f0f39-0000-4000-8000-000000000001",
    "page_number": 4,
    "start": 0,
    "end": 1,
}
CORRECTION = {"by": "Kim", "on": "2026-03-02", "reason": "typo", "page_says": "Sixty hours a week."}


def test_a_footnote_names_the_place_and_quotes_it_on_one_line() -> None:
    assert footnote(CITATION) == "[2] Leave policy, version 3, page iv: “Six hours a week.”"
    assert name_place(CITATION | {"page": None, "page_label": ""}) == "Leave policy, version 3"


@pytest.mark.parametrize(
    ("language", "remark"),
    [("en", "(expired on 1 Jan 2026; corrected by Kim on 2 Mar 2026)"), ("zh-hans", "2026年1月1日")],
)
def test_what_has_expired_or_was_corrected_says_so_wherever_it_is_taken(language: str, remark: str) -> None:
    told = CITATION | {"expired_on": "2026-01-01", "correction": CORRECTION}
    with translation.override(language):
        copied = with_sources({"answer": "Six hours.[2]", "citations": [told]})
        exported = _note(told, 1, base="https://attest.example").place
    assert remark in copied
    assert remark in exported
