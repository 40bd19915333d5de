"""What a person has typed is not lost: not by a reload, not by an ended session; and nobody else finds it."""

import re

import pytest
from playwright.sync_api import Page, expect

from bench.harness.served import Installation
from tests.browser.conftest import SignIn

pytestmark = pytest.mark.browser

QUESTION = "How many days of parental leave are there, and who grants them?"
COMPOSER = "#question"


def end_session(page: Page) -> None:
    """As if it had expired."""
    page.context.clear_cookies(name="sessionid")


def sign_in_again(page: Page, installation: Installation, username: str) -> None:
    expect(page.locator("input[name=login]")).to_be_visible()
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", installation.password(username))
    page.click("form[action*=login] button[type=submit]")


def stored(page: Page) -> str:
    return str(page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])"))


def test_a_draft_survives_a_reload_and_belongs_to_its_conversation(sign_in: SignIn, installation: Installation) -> None:
    page = sign_in("priya")
    page.locator(COMPOSER).fill(QUESTION)
    page.reload()
    expect(page.locator(COMPOSER)).to_have_value(QUESTION)
    page.locator(COMPOSER).press("Enter")
    page.wait_for_url("**/c/*/")
    expect(page.locator(COMPOSER)).to_have_value("")
    page.locator(COMPOSER).fill("And for fathers?")
    conversation = page.url
    page.goto(installation.url)
    expect(page.locator(COMPOSER)).to_have_value("")  # it was sent
    page.goto(conversation)
    expect(page.locator(COMPOSER)).to_have_value("And for fathers?")
    page.locator(COMPOSER).press("Enter")
    expect(page.locator(".question")).to_have_count(2)
    page.reload()
    expect(page.locator(COMPOSER)).to_have_value("")
    assert QUESTION not in stored(page)


@pytest.mark.parametrize("place", ["new", "conversation"])
def test_a_question_sent_with_an_ended_session_stands_there_after_signing_in(
    sign_in: SignIn, installation: Installation, place: str
) -> None:
    page = sign_in("priya")
    if place == "conversation":
        page.locator(COMPOSER).fill("How long is annual leave?")
        page.locator(COMPOSER).press("Enter")
        page.wait_for_url("**/c/*/")
        expect(page.locator("[data-stream]")).to_have_count(0)
    address = page.url
    page.locator(COMPOSER).fill(QUESTION)
    end_session(page)
    page.locator(COMPOSER).press("Enter")
    expect(page.locator("main")).to_contain_text("Your session has expired.")
    sign_in_again(page, installation, "priya")
    page.wait_for_url(address)
    expect(page.locator(COMPOSER)).to_have_value(QUESTION)
    page.locator(COMPOSER).press("Enter")
    expect(page.locator(".question").last).to_contain_text(QUESTION)


def test_another_person_on_the_same_browser_finds_no_draft(sign_in: SignIn, installation: Installation) -> None:
    page = sign_in("priya")
    page.locator(COMPOSER).fill(QUESTION)
    end_session(page)
    page.goto(installation.url)
    sign_in_again(page, installation, "owen")
    page.wait_for_url(f"{installation.url}/")
    expect(page.locator(COMPOSER)).to_have_value("")
    assert QUESTION not in stored(page)


def test_signing_out_clears_the_drafts(sign_in: SignIn, installation: Installation) -> None:
    page = sign_in("priya")
    page.locator(COMPOSER).fill(QUESTION)
    page.locator(".account").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/")
    assert QUESTION not in stored(page)
    sign_in_again(page, installation, "priya")
    page.wait_for_url(f"{installation.url}/")
    expect(page.locator(COMPOSER)).to_have_value("")


def test_another_form_sent_with_an_ended_session_is_filled_in_again(sign_in: SignIn, installation: Installation) -> None:
    page = sign_in("grace")
    page.goto(f"{installation.url}/library/new/")
    page.fill("input[name=name]", "Fleet")
    page.fill("textarea[name=description]", "Cars, leases and fuel cards.")
    readers = page.get_by_role("group", name="Readers")
    readers.get_by_label("People and finance").check()
    end_session(page)
    page.get_by_role("button", name="Save").click()
    sign_in_again(page, installation, "grace")
    page.wait_for_url("**/library/new/")
    expect(page.locator("textarea[name=description]")).to_have_value("Cars, leases and fuel cards.")
    expect(readers.get_by_label("People and finance")).to_be_checked()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/library/c/fleet/")
    page.goto(f"{installation.url}/library/new/")
    expect(page.locator("input[name=name]")).to_have_value("")


def test_a_password_is_never_kept(sign_in: SignIn, installation: Installation) -> None:
    page = sign_in("priya")
    page.goto(f"{installation.url}/accounts/password/change/")
    for field in page.locator("input[type=password]").all():
        field.fill("never to be kept 9")
    end_session(page)
    page.get_by_role("button", name="Save new password").click()
    expect(page.locator("input[name=login]")).to_be_visible()
    assert "never to be kept" not in stored(page)


def test_an_upload_with_an_ended_session_says_so_and_leads_back(sign_in: SignIn, installation: Installation) -> None:
    page = sign_in("grace")
    page.goto(f"{installation.url}/library/c/larkspur/")
    end_session(page)
    page.set_input_files("input[type=file]", {"name": "note.txt", "mimeType": "text/plain", "buffer": b"Cars are leased."})
    expect(page.locator("[data-uploads]")).to_contain_text(re.compile("session has expired"))
    page.locator("[data-uploads]").get_by_role("link").click()
    sign_in_again(page, installation, "grace")
    page.wait_for_url("**/library/c/larkspur/")
