"""Reviewing by keys: a verdict and Enter, without a hand on the mouse."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.looking import Gallery

pytestmark = pytest.mark.browser


def test_an_answer_is_reviewed_by_two_keys_and_typing_stays_typing(gallery: Gallery, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    gallery.sign_in(page, "auditor")
    page.goto(f"{gallery.url}/reviews/?queue=all")
    page.locator(".audit-list .table__title").first.click()
    address = page.url
    page.locator("body").press("2")
    expect(page.get_by_role("radio", name="Wrong")).to_be_checked()
    page.get_by_label("Reason").fill("")
    page.get_by_label("Reason").press("1")
    expect(page.get_by_label("Reason")).to_have_value("1")  # in a field a key is a letter
    expect(page.get_by_role("radio", name="Wrong")).to_be_checked()
    page.get_by_role("radio", name="Wrong").press("Enter")
    expect(page.get_by_text("Review recorded.")).to_be_visible()
    assert page.url != address
    page.goto(address)
    expect(page.locator("main").get_by_text("Wrong").first).to_be_visible()
    expect(page.locator("[data-review]")).to_have_count(0)
    context.close()
