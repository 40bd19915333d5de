"""A company account in a browser: an admin sets the provider up and tests it, somebody signs in, passwords are switched off."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bench.harness.patience import PATIENCE_S
from bench.harness.served import Installation
from retrieval.encoding.opening import ENGLISH
from tests.accounts.provider import RunningProvider, running_provider

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def idp() -> Iterator[RunningProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, idp: RunningProvider) -> Iterator[Installation]:
    small = {"ATTEST_WORKERS": "1", "ATTEST_EMBEDDER": ENGLISH}
    installation = Installation(tmp_path_factory.mktemp("company"), ATTEST_OIDC_HOSTS=idp.host, **small)
    try:
        installation.wait_until_ready()
        yield installation
    finally:
        installation.stop()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    contexts: list[BrowserContext] = []

    def open_page() -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        context.set_default_timeout(PATIENCE_S * 1000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def sign_in_there(page: Page, subject: str) -> None:
    page.fill("input[name=sub]", subject)
    page.get_by_role("button", name=re.compile("authori[sz]e", re.IGNORECASE)).first.click()


def sign_in_by_password(page: Page, company: Installation, username: str) -> None:
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", company.password(username))
    page.click("form[action*=login] button[type=submit]")


def test_from_the_page_of_a_provider_to_an_installation_without_passwords(
    company: Installation, idp: RunningProvider, new_page: Callable[[], Page]
) -> None:
    admin = new_page()
    admin.goto(f"{company.url}/accounts/login/")
    sign_in_by_password(admin, company, "grace")
    admin.wait_for_url(f"{company.url}/")
    admin.goto(f"{company.url}/people/sign-in/providers/new/")
    fields = {
        "name": "Larkspur account",
        "slug": "corp",
        "issuer": idp.issuer,
        "client_id": "attest",
        "client_secret": "s3cret",
        "group_rules": "staff = All staff",
    }
    for name, value in fields.items():
        admin.fill(f"main [name={name}]", value)
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text(f"{company.url}/accounts/oidc/corp/callback/")).to_be_visible()

    idp.says("grace-there", email="grace@larkspur.example", groups=["staff"])
    admin.get_by_role("link", name="Test", exact=True).click()
    sign_in_there(admin, "grace-there")
    expect(admin.get_by_text("grace@larkspur.example")).to_be_visible()
    expect(admin.locator(".badge", has_text="All staff")).to_be_visible()

    admin.goto(f"{company.url}/people/sign-in/providers/corp/")
    admin.get_by_label("On the sign-in page").check()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("Larkspur account was saved.")).to_be_visible()

    idp.says("nora", preferred_username="nora", given_name="Nora", family_name="Kim", groups=["staff"])
    nora = new_page()
    nora.goto(f"{company.url}/library/")
    nora.get_by_role("link", name="Sign in with Larkspur account").click()
    sign_in_there(nora, "nora")
    nora.wait_for_url(f"{company.url}/library/")
    expect(nora.get_by_text("Nora Kim")).to_be_visible()
    expect(nora.get_by_role("link", name=re.compile("Larkspur")).first).to_be_visible()  # a collection of All staff

    admin.goto(f"{company.url}/people/sign-in/")
    admin.get_by_label("Only allow sign-in through identity providers").check()
    admin.get_by_label("Emergency account").select_option(label="grace")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("The sign-in rules were saved.")).to_be_visible()

    other = new_page()
    other.goto(f"{company.url}/accounts/login/")
    expect(other.locator("input[name=password]")).to_have_count(0)
    other.get_by_role("link", name="Emergency account").click()
    sign_in_by_password(other, company, "owen")
    expect(other.get_by_text("passwords are switched off")).to_be_visible()
    other.get_by_role("link", name="Emergency account").click()
    sign_in_by_password(other, company, "grace")
    other.wait_for_url(f"{company.url}/")
