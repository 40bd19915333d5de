"""An answer is the server's: it is there for who comes back, in every tab, and goes on where a connection broke."""

import pytest
from playwright.sync_api import Page, expect

from bench.harness.patience import PATIENCE_S
from tests.browser.conftest import SignIn

QUESTION = "How many days of annual leave do I have after five years of service?"
FINISHED = ".turn:is([data-state=answered], [data-state=refused])"  # the demo may still be read


def ask(page: Page, question: str) -> None:
    page.fill("#question", question)
    page.keyboard.press("Enter")


@pytest.mark.browser
def test_it_is_written_while_nobody_watches(sign_in: SignIn) -> None:
    page = sign_in("priya")
    page.route("**/turns/*/stream/**", lambda route: route.fulfill(status=429))  # no connection shows it
    ask(page, QUESTION)
    page.wait_for_url("**/c/**")
    turn = page.locator(".turn").first
    uid = (turn.get_attribute("id") or "").removeprefix("turn-")
    expect(turn.locator("[data-status]")).to_contain_text("Connecting again")
    for _ in range(int(PATIENCE_S)):
        state = page.request.get(f"{page.url.split('/c/')[0]}/api/v1/turns/{uid}").json()["state"]
        if state not in ("pending", "streaming"):
            break
        page.wait_for_timeout(1000)
    assert state in ("answered", "refused")
    page.unroute("**/turns/*/stream/**")
    expect(page.locator(FINISHED)).to_have_count(1)  # by the next try of the connection, without a reload
    shown = page.locator(FINISHED).inner_text()
    page.reload()
    expect(page.locator(FINISHED)).to_have_count(1)
    assert page.locator(".question").inner_text() in shown


@pytest.mark.browser
def test_two_tabs_agree(sign_in: SignIn) -> None:
    page = sign_in("priya")
    ask(page, QUESTION)
    page.wait_for_url("**/c/**")
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        expect(tab.locator(FINISHED)).to_have_count(1)
    ask(page, "When is the company bonus paid?")
    for tab in (page, other):
        expect(tab.locator(FINISHED)).to_have_count(2)
    states = [[turn.get_attribute("data-state") for turn in tab.locator(FINISHED).all()] for tab in (page, other)]
    assert states[0] == states[1]


@pytest.mark.browser
def test_keys_lead_through_the_sources_and_can_be_switched_off(sign_in: SignIn) -> None:
    page = sign_in("priya")
    ask(page, QUESTION)
    expect(page.locator(f"{FINISHED} a[data-source]")).not_to_have_count(0)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("]")
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    sheet.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert "/c/" in page.url
    page.keyboard.press("?")
    expect(sheet).to_be_hidden()
