"""Files that are small to send and large to read end in time and within the memory of the sandbox. At full size: bench/bombs.py."""

import pytest

from bench.material.made_bombs import pdf_of_pages, pdf_of_stream, pptx_of_slides, xlsx_of_rows
from tests.ingest.test_bombs import outcome


def test_more_pages_than_allowed_are_refused_by_their_count(tmp_path):
    assert outcome(tmp_path, "a.pdf", pdf_of_pages(20_000))[0] == "too_many_pages"


def test_thousands_of_pages_of_one_stream_are_read(tmp_path):
    code, text, _ = outcome(tmp_path, "a.pdf", pdf_of_pages(3000))

    assert (code, text.count("The shared page")) == ("", 3000)


@pytest.mark.parametrize("unit", [b" ", b"\0", b"(a) Tj "], ids=["spaces", "zeros", "words"])
def test_a_stream_of_a_gigabyte_ends_its_child_and_nothing_else(tmp_path, unit):
    code, text, _ = outcome(tmp_path, "a.pdf", pdf_of_stream(1024, unit))

    assert code in ("damaged", "too_complex") or "core words" in text
    assert outcome(tmp_path, "b.pdf", pdf_of_pages(1))[1] == "The shared page"


def test_a_sheet_of_many_rows_is_read_row_by_row(tmp_path):
    code, text, _ = outcome(tmp_path, "a.xlsx", xlsx_of_rows(40_000))

    assert (code, text.count("Item: 1; Price: 22")) == ("", 40_000)


def test_a_show_of_many_slides_is_read_slide_by_slide(tmp_path):
    code, text, _ = outcome(tmp_path, "a.pptx", pptx_of_slides(2000))

    assert (code, text.count("The shared slide")) == ("", 2000)
