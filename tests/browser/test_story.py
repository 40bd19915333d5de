"""The whole story, as the people in it live it: upload, watch, ask, read, open the proof, audit; and what an outsider sees."""

import re
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from bench.harness.served import Installation
from tests.browser.conftest import SignIn

pytestmark = pytest.mark.browser

QUESTION = "How many Best Buy stores does the company currently expect to close in fiscal 2024?"
READ_MS = 180_000  # 30 pages, read and indexed, on a busy machine


def upload(page: Page, installation: Installation, filing: Path) -> None:
    """As a knowledge admin: make the collection, drop the file, watch it finish without touching the page."""
    page.goto(f"{installation.url}/library/new/")
    page.fill("input[name=name]", "Filings")
    page.get_by_role("group", name="Readers").get_by_label("People and finance").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/library/c/filings/")
    page.set_input_files("input[type=file]", str(filing))
    row = page.locator("#documents tr", has_text=filing.name)
    expect(row).to_be_visible()
    expect(row).to_contain_text("Ready", timeout=READ_MS)
    expect(row).to_contain_text("30")


def ask(page: Page, question: str) -> None:
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/*/")


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def marked_words(page: Page, filing: Path, number: int) -> list[str]:
    """Return the words whose characters really stand, by their centres, below the rectangles that the page shows."""
    shown = [
        [float(rectangle.get_attribute(name)) for name in ("x", "y", "width", "height")]
        for rectangle in page.locator(".leaf__marks rect").all()
    ]
    with pypdfium2.PdfDocument(filing) as document:
        leaf = document[number - 1]
        height, text = leaf.get_height(), leaf.get_textpage()
        marked = []
        for index in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(index)
            across, down = (left + right) / 2, height - (bottom + top) / 2
            inside = any(x <= across <= x + width and y <= down <= y + tall for x, y, width, tall in shown)
            character = text.get_text_range(index, 1)
            marked.append(character if inside or character.isspace() else "\n")
        text.close()
    return words("".join(marked))


def test_a_filing_becomes_an_answer_whose_sentences_open_their_page(
    sign_in: SignIn, installation: Installation, filing: Path
) -> None:
    upload(sign_in("grace"), installation, filing)

    page = sign_in("priya")
    ask(page, QUESTION)
    answer = page.locator(".turn .answer")
    expect(answer).to_contain_text("20 to 30")
    expect(page.locator(".turn")).to_have_attribute("data-state", "answered")
    sentences = page.locator(".turn .sentence")
    for index in range(sentences.count()):
        expect(sentences.nth(index).locator("xpath=following-sibling::*[1]")).to_have_class(re.compile(r"\bcite\b"))

    # A citation opens the page image beside the answer, the highlight over the quoted words.
    chip = page.locator(".turn a.cite").first
    quote = chip.get_attribute("data-quote")
    chip.click()
    panel = page.locator("#panel")
    expect(panel.locator(".leaf__marks rect").first).to_be_visible()
    expect(panel).to_contain_text("BESTBUY 2024Q2 10Q")
    expect(panel).to_contain_text("current", ignore_case=True)
    image, marks = panel.locator(".leaf img"), panel.locator(".leaf__marks")
    image.evaluate("image => image.decode()")
    assert image.evaluate("image => image.naturalWidth") > 600
    assert image.bounding_box() == pytest.approx(marks.bounding_box(), abs=1.0)
    number = int(re.search(r"/sources/[0-9a-f-]+/(\d+)/", chip.get_attribute("href")).group(1))
    assert marked_words(page, filing, number) == words(quote)
    seen = panel.locator(".leaf__marks rect").first.bounding_box()
    around = panel.locator(".panel__scroll").bounding_box()
    assert around["y"] <= seen["y"] < around["y"] + around["height"], "the quote is scrolled into view"

    # On reload the same answer stands there, without asking again.
    text = answer.inner_text()
    page.reload()
    assert page.locator(".turn .answer").inner_text() == text

    # The auditor opens the receipt of that answer.
    receipt = page.locator("[data-copy].receipt-number").get_attribute("data-copy")
    auditor = sign_in("victor")
    auditor.goto(f"{installation.url}/audit/")
    expect(auditor.locator("main")).to_contain_text(QUESTION)
    auditor.goto(f"{installation.url}/audit/receipts/{receipt}/")
    expect(auditor.locator("main")).to_contain_text(QUESTION)
    expect(auditor.locator("main")).to_contain_text("20 to 30")
    expect(auditor.locator("main")).to_contain_text("BESTBUY 2024Q2 10Q")

    # Somebody without the group sees none of it: no page, no image, no receipt, no hit.
    outsider = sign_in("owen")
    source = chip.get_attribute("href")
    for path in (
        "/library/c/filings/",
        source,
        source.split("?")[0] + "image.webp",
        f"/audit/receipts/{receipt}/",
        "/audit/",
        page.url,
    ):
        address = path if path.startswith("http") else installation.url + path
        assert outsider.request.get(address).status == 404, path
    outsider.goto(f"{installation.url}/library/")
    expect(outsider.locator("main")).not_to_contain_text("Filings")
    outsider.goto(installation.url)
    ask(outsider, QUESTION)
    expect(outsider.locator(".turn")).to_have_attribute("data-state", "refused")
    expect(outsider.locator("body")).not_to_contain_text("BESTBUY", ignore_case=True)

    assert installation.manage("verify_index").returncode == 0
    assert installation.manage("verify_audit").returncode == 0


@pytest.mark.usefixtures("read_demo")
def test_a_chinese_question_gets_a_chinese_answer(sign_in: SignIn, installation: Installation) -> None:
    page = sign_in("owen")
    expect(page.locator(".suggestion").first).to_be_visible()
    ask(page, "累计工作满10年的员工每年有多少天年休假？")
    expect(page.locator(".turn .answer")).to_contain_text("天")
    expect(page.locator(".turn")).to_have_attribute("data-state", "answered")
    page.locator(".turn a.cite").first.click()
    expect(page.locator("#panel mark").first).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("员工手册")


@pytest.mark.usefixtures("read_demo")
@pytest.mark.parametrize("question", ["Is it allowed to carry over unused leave?", "How many days of leave may I carry over?"])
def test_the_rows_of_a_table_answer_word_for_word(sign_in: SignIn, question: str) -> None:
    page = sign_in("owen")
    ask(page, question)
    expect(page.locator(".turn")).to_have_attribute("data-state", "answered")
    rows = page.locator(".turn .sentence")
    for row, (years, leave, carried) in enumerate(
        [("less than 2", 25, 5), ("2 to 4", 27, 5), ("5 to 9", 29, 8), ("10 or more", 32, 8)]
    ):
        told = f"Years of service: {years}; Days of annual leave: {leave}; Days you may carry over: {carried}"
        expect(rows.nth(row)).to_have_text(told)


def test_what_the_documents_do_not_say_is_refused_with_the_nearest_sources(sign_in: SignIn) -> None:
    page = sign_in("owen")
    ask(page, "Which football club does the chief executive support?")
    expect(page.locator(".turn")).to_have_attribute("data-state", "refused")
    expect(page.locator(".turn a.cite")).to_have_count(0)


def test_a_file_that_cannot_be_read_stays_in_the_list_with_its_reason(
    sign_in: SignIn, installation: Installation, tmp_path: Path
) -> None:
    empty = tmp_path / "minutes.txt"
    empty.write_bytes(b"")
    broken = tmp_path / "report.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing of a PDF follows\n")
    page = sign_in("grace")
    page.goto(f"{installation.url}/library/c/larkspur/")
    page.set_input_files("input[type=file]", [str(empty), str(broken)])
    expect(page.locator("[data-uploads]")).to_contain_text(re.compile("empty", re.I))
    row = page.locator("#documents tr", has_text="report.pdf")
    expect(row).to_contain_text("Failed", timeout=READ_MS)
    page.reload()
    expect(page.locator("#documents tr", has_text="report.pdf")).to_contain_text(re.compile("damaged|broken|cannot be read", re.I))
