"""Where the focus is after an answer, and what a screen reader announces."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn

pytestmark = pytest.mark.browser
ENDED = {"stopped": "Stopped.", "answered": "The answer is complete.", "refused": "The documents do not answer this"}


def test_after_the_first_answer_the_question_field_has_the_focus_and_the_end_is_announced(sign_in: SignIn) -> None:
    page = sign_in("priya")
    page.locator("#question").fill("Which football club does the chief executive support?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/*/")
    expect(page.locator("[data-stream]")).to_have_count(0)
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("#announcer[role=status]")).to_have_text("The documents do not answer this")


def test_after_stop_the_question_field_has_the_focus(sign_in: SignIn) -> None:
    page = sign_in("priya")
    waiting = {"status": 200, "content_type": "text/event-stream", "body": "retry: 300\n: waiting\n\n"}
    page.route("**/stream/", lambda route: route.fulfill(**waiting))  # the answer has not begun
    page.locator("#question").fill("How long is annual leave?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/*/")
    page.get_by_role("button", name="Stop").focus()
    with page.expect_response("**/stop/"):
        page.keyboard.press("Enter")
    page.unroute("**/stream/")
    # The server writes meanwhile, and may have ended before it hears of the key; the demo may still be read.
    expect(page.locator(".turn")).to_have_attribute("data-state", re.compile("|".join(ENDED)))
    expect(page.locator("#question")).to_be_focused()
    state = page.locator(".turn").get_attribute("data-state") or ""
    expect(page.locator("#announcer")).to_have_text(ENDED[state])


def test_somebody_who_reads_elsewhere_keeps_the_focus_there(sign_in: SignIn) -> None:
    page = sign_in("priya")
    page.locator("#question").fill("How long is annual leave?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/*/")
    page.locator(".account").focus()
    expect(page.locator("[data-stream]")).to_have_count(0)
    expect(page.locator(".account")).to_be_focused()
