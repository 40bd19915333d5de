"""What hands do to the pages: keys, an input method, a thumb on a small screen."""

import pytest
from playwright.sync_api import Page, expect

from bench.harness.served import Installation
from tests.browser.conftest import SignIn

pytestmark = pytest.mark.browser

TRIES, WAIT_MS = 30, 2_000

COMPOSING_ENTER = """area => area.dispatchEvent(
    new KeyboardEvent("keydown", {key: "Enter", isComposing: true, bubbles: true, cancelable: true}))"""


def answered(page: Page) -> Page:
    """Ask the first suggested question until it is answered: the demo is being processed in the installation's first seconds."""
    home = page.url
    for _attempt in range(TRIES):
        page.goto(home)
        page.locator(".suggestion").first.click()
        expect(page.locator("[data-stream]")).to_have_count(0)
        if page.locator(".turn").get_attribute("data-state") == "answered":
            return page
        page.wait_for_timeout(WAIT_MS)
    raise AssertionError("the first suggested question is never answered")


def test_enter_sends_but_neither_with_shift_nor_while_an_input_method_composes(sign_in: SignIn, installation: Installation) -> None:
    page = sign_in("priya")
    question = page.locator("#question")
    question.fill("年假有多少天")
    question.evaluate(COMPOSING_ENTER)
    question.press("Shift+Enter")
    assert page.url == f"{installation.url}/"
    assert question.input_value() == "年假有多少天\n"
    question.press("Enter")
    page.wait_for_url("**/c/*/")


def test_a_source_opens_and_closes_by_keys_and_gives_the_focus_back(sign_in: SignIn) -> None:
    page = answered(sign_in("priya"))
    chip = page.locator("a.cite").first
    chip.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#cite-card")).to_be_visible()
    assert page.locator("#cite-card").inner_text().startswith(chip.get_attribute("data-title"))
    page.keyboard.press("Enter")
    expect(page.locator("#panel .panel__title")).to_be_visible()
    expect(page.locator("#panel :is(mark, .leaf__marks rect)").first).to_be_attached()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(chip).to_be_focused()


def test_the_chosen_appearance_is_in_the_page_as_it_arrives(sign_in: SignIn) -> None:
    page = sign_in("priya")
    page.locator(".account").click()
    page.locator("[data-theme-switch] button[value=dark]").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert '<html lang="en" data-theme="dark">' in page.request.get(page.url).text()


def test_nothing_is_wider_than_a_small_phone(sign_in: SignIn, installation: Installation) -> None:
    page = answered(sign_in("grace"))
    page.set_viewport_size({"width": 360, "height": 740})
    first = page.request.get(f"{installation.url}/library/").text().split('href="/library/c/')[1].split("/")[0]
    for path in (page.url, "/", "/library/", f"/library/c/{first}/", "/library/new/", "/people/", "/accounts/password/change/"):
        page.goto(path if path.startswith("http") else installation.url + path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def test_the_drawer_leaves_no_trace_in_the_history(sign_in: SignIn) -> None:
    page = sign_in("priya")
    page.set_viewport_size({"width": 390, "height": 844})
    before = page.evaluate("history.length")
    page.locator("[data-drawer-open]").click()
    expect(page.locator(".account")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#side")).not_to_be_in_viewport()
    assert page.evaluate("history.length") == before


def test_the_open_tab_is_in_view_on_a_phone(sign_in: SignIn, installation: Installation) -> None:
    page = sign_in("victor")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{installation.url}/audit/")
    tabs = page.locator(".tabs")
    assert tabs.evaluate("row => row.scrollWidth > row.clientWidth"), "all tabs fit: this shows nothing"
    tabs.locator("a").last.click()
    opened = page.locator(".tabs [aria-current=page]")
    expect(opened).to_be_in_viewport(ratio=0.9)
