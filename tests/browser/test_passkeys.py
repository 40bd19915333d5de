"""Passkeys in a browser, made and used by a virtual authenticator: as second factor, alone, and before a dangerous act."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.harness.patience import PATIENCE_S
from bench.harness.served import Installation
from tests.browser.conftest import SignIn

pytestmark = pytest.mark.browser


def with_authenticator(page: Page) -> str:
    """Give the page's browser a fingerprint reader that always agrees. Returns: its id."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return str(session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


@contextmanager
def at_localhost(browser: Browser, installation: Installation) -> Iterator[tuple[Page, str]]:
    """A page under the one name that browsers let passkeys be used at without TLS."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE_S * 1000)
    complaints: list[str] = []
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, installation.url.replace("127.0.0.1", "localhost")
    finally:
        context.close()
    assert complaints == []


def sign_in(page: Page, url: str, username: str, password: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", password)
    page.click("form[action*=login] button[type=submit]")


def test_a_passkey_is_added_and_signs_its_person_in(browser: Browser, installation: Installation) -> None:
    with at_localhost(browser, installation) as (page, url):
        with_authenticator(page)
        sign_in(page, url, "victor", installation.password("victor"))
        page.wait_for_url(f"{url}/")
        page.goto(f"{url}/people/security/")
        page.get_by_role("link", name="Add Passkey").click()
        page.get_by_label("Name").fill("Work laptop")
        page.get_by_role("button", name="Add passkey").click()
        expect(page.get_by_text("shown only this once")).to_be_visible()
        codes = page.locator(".recovery li")
        expect(codes).to_have_count(10)
        recovery_code = codes.first.inner_text()
        page.get_by_role("link", name="I have saved them").click()
        expect(page.get_by_role("link", name="Remove Work laptop")).to_be_visible()

        # As second factor, after the password.
        sign_out(page, url)
        sign_in(page, url, "victor", installation.password("victor"))
        page.wait_for_url(re.compile("/accounts/second-factor/code/"))
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url(f"{url}/")

        # Alone.
        sign_out(page, url)
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{url}/")

        # A recovery code in its place, where the device is lost.
        sign_out(page, url)
        sign_in(page, url, "victor", installation.password("victor"))
        page.get_by_label("Code from your authenticator app").fill(recovery_code)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{url}/")

        # Removed, so that the next test of this person signs in as before.
        page.goto(f"{url}/people/security/")
        page.get_by_role("link", name="Remove Work laptop").click()
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("The passkey was removed.")).to_be_visible()


def test_without_its_device_a_passkey_says_so_and_nobody_is_in(browser: Browser, installation: Installation) -> None:
    with at_localhost(browser, installation) as (page, url):
        with_authenticator(page)  # which holds no passkey
        page.goto(f"{url}/accounts/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_text("The passkey was not used.")).to_be_visible()
        page.goto(f"{url}/")
        expect(page.get_by_role("heading", name="Sign in to Attest")).to_be_visible()


def test_signing_out_everywhere_ends_the_other_browser(sign_in: SignIn) -> None:
    here, there = sign_in("owen"), sign_in("owen")
    here.goto(here.url + "people/security/")
    expect(here.get_by_text("This session")).to_be_visible()
    here.get_by_role("button", name="Sign out everywhere").click()
    expect(here.get_by_text("You are signed out everywhere.")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", name="Sign in to Attest")).to_be_visible()


def sign_out(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/accounts/login/"))
