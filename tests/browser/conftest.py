"""Debian's Chromium against `scripts/run`."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from bench.harness.patience import PATIENCE_S
from bench.harness.served import Installation
from bench.harness.site import READ_S, wait_until
from retrieval.encoding.opening import ENGLISH
from tests.browser.looking import Gallery, build_gallery

MAIL = {"ATTEST_MAIL_URL": "smtp+plain://127.0.0.1:9", "ATTEST_PUBLIC_URL": "https://attest.example"}  # which takes none
CHROMIUM = shutil.which("chromium")
expect.set_options(timeout=PATIENCE_S * 1000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for one file: while Playwright runs, its event loop runs, and beside one Django refuses the database."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A fresh installation with its demo, shared by the browser tests."""
    installation = Installation(tmp_path_factory.mktemp("installation"), ATTEST_EMBEDDER=ENGLISH)
    try:
        installation.wait_until_ready()
        yield installation
    finally:
        installation.stop()


@pytest.fixture(scope="package")
def read_demo(installation: Installation) -> None:
    """The demo's documents answer: in the installation's first seconds they are still read, and every question is refused."""
    wait_until_demo_is_read(installation)


def wait_until_demo_is_read(installation: Installation) -> None:
    def is_read() -> bool:
        with closing(sqlite3.connect(f"file:{installation.home / 'attest.sqlite3'}?mode=ro", uri=True, timeout=20)) as database:
            states = {state for (state,) in database.execute("SELECT state FROM ingest_job")}
        return states == {"done"}

    wait_until(is_read, timeout_s=READ_S, what="the demo is read")


SignIn = Callable[[str], Page]


@pytest.fixture
def sign_in(browser: Browser, installation: Installation) -> Iterator[SignIn]:
    """Return a page on which that person has signed in; each call is a browser session of its own.

    Afterwards: nothing was requested outside the application, and the console shows no error.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note_request(request: Request) -> None:
        if not request.url.startswith((installation.url, "data:", "blob:")):
            complaints.append(f"left the application: {request.url}")

    def note_message(message: ConsoleMessage) -> None:
        # A refusal is answered with a 4xx, which Chromium notes as an error; a 5xx is one.
        if message.type == "error" and "status of 4" not in message.text:
            complaints.append(f"console: {message.text}")

    def _sign_in(username: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_S * 1000)
        page = context.new_page()
        page.on("request", note_request)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", note_message)
        page.goto(installation.url)
        page.fill("input[name=login]", username)
        page.fill("input[name=password]", installation.password(username))
        page.click("form[action*=login] button[type=submit]")
        page.wait_for_url(f"{installation.url}/")
        return page

    yield _sign_in
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def filing() -> Path:
    """A real 30-page PDF from the evaluation data; it is not part of the project."""
    path = Path(__file__).resolve().parents[3] / "shared/data/financebench-a/pdfs/BESTBUY_2024Q2_10Q.pdf"
    if not path.exists():
        pytest.skip("the evaluation data is not beside the project (../shared/data/financebench-a)")
    return path


@pytest.fixture(scope="package")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """An installation of its own, where every text is one unbroken run of characters."""
    installation = Installation(
        tmp_path_factory.mktemp("gallery"), ATTEST_DEMO="0", ATTEST_WORKERS="1", ATTEST_EMBEDDER=ENGLISH, **MAIL
    )
    try:
        installation.wait_until_ready()
        yield build_gallery(installation)
    finally:
        installation.stop()
