"""What comes out of the printer: a receipt whole, black on white, without what only a screen needs."""

import itertools
import re

import pypdfium2
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.looking import Gallery

pytestmark = pytest.mark.browser


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(re.sub(r"\s+", " ", page.get_textpage().get_text_range()) for page in document)


def lines_on_lines(pdf: bytes) -> list[str]:
    """Return the texts that are printed over others: by more than the part of a letter that kerning takes."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text = page.get_textpage()
            boxes = [text.get_rect(number) for number in range(text.count_rects())]
            for left, right in itertools.combinations(boxes, 2):
                width = min(left[2], right[2]) - max(left[0], right[0])
                height = min(left[3], right[3]) - max(left[1], right[1])
                if width > 6 and height > min(left[3] - left[1], right[3] - right[1]) / 2:
                    found.append(text.get_text_bounded(*left))
    return found


def test_a_receipt_is_printed_whole_and_black_on_white(gallery: Gallery, browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    gallery.sign_in(page, "auditor")
    context.add_cookies([{"name": "theme", "value": "dark", "url": gallery.url}])
    receipt = gallery.pages["auditor"]["audit:receipt"][0]
    page.goto(f"{gallery.url}{receipt}")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    for part in (".side", ".topbar", ".tabs"):
        expect(page.locator(part).first).to_be_hidden()
    printed = text_of(page.pdf())
    assert "Answer only from the evidence." in printed  # of the prompt, which the screen folds away
    assert receipt.split("/")[3][:8] in printed
    assert "On this page" not in printed
    # However its values fall between two pages, no line of one stands on a line of another.
    for height in ("3in", "4in", "5in"):
        assert lines_on_lines(page.pdf(width="8.27in", height=height)) == [], height
    context.close()


def test_long_names_leave_room_for_the_note_of_an_upload(gallery: Gallery, browser: Browser) -> None:
    for width in (390, 1440):
        context = browser.new_context(viewport={"width": width, "height": 844})
        page = context.new_page()
        gallery.sign_in(page, "admin")
        page.goto(f"{gallery.url}/library/c/unbroken/")
        name = f"{'Quartalsbericht' * 14}.txt"
        page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/plain", "buffer": b""})
        row = page.locator("[data-uploads] .upload")
        expect(row).to_contain_text("empty")
        assert row.locator(".upload__note").bounding_box()["width"] > 150, width
        assert row.locator(".upload__name").get_attribute("title") == name
        # More than the box has room for: it scrolls, and no row is squeezed until its words are cut.
        files = [{"name": f"{number}{name}.xyz", "mimeType": "text/plain", "buffer": b"\0\1\2"} for number in range(6)]
        page.set_input_files("input[type=file]", files)
        expect(page.locator("[data-uploads] .upload[data-outcome=refused]")).to_have_count(7)
        cut = page.evaluate(
            "[...document.querySelectorAll('.upload__note')]"
            ".filter(note => note.getBoundingClientRect().bottom > note.parentElement.getBoundingClientRect().bottom).length"
        )
        assert cut == 0, width
        context.close()
