"""Every page of an installation whose texts have no break, each opened by whoever may open it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

from bench.harness.served import ROOT, Installation
from tests.browser.unbroken import LETTERS, PASSWORD

ANONYMOUS = "anonymous"
WIDEST_BOX_PX = 1_600  # a table may scroll in its own box, but not because of one word

TYPE_AND_OPEN = """text => {
    for (const each of document.querySelectorAll("details")) each.open = true;
    const fields = "textarea, input:is([type=text], [type=search], [type=email], :not([type]))";
    for (const each of document.querySelectorAll(fields)) each.value = text;
}"""
# A field scrolls its own text, and what is cut with an ellipsis or hidden from the eye is as wide as it likes.
MEASURE = """() => ({
    beyond: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    widest: Math.max(...[...document.querySelectorAll("main *")]
        .filter(each => !(each instanceof HTMLInputElement || each.clientWidth <= 1))
        .filter(each => getComputedStyle(each).textOverflow !== "ellipsis")
        .map(each => each.scrollWidth)),
})"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """`pages`: by whoever opens them, then by the name of their address, their paths. `people`: the user name of each; `sessions`:
    the session of those who do not sign in by the form, or are in the middle of it."""

    url: str
    people: dict[str, str]
    sessions: dict[str, str] = field(repr=False)
    pages: dict[str, dict[str, list[str]]] = field(repr=False)

    def rooms(self, browser: Browser, *, width: int, **options: Any) -> Iterator[tuple[str, Page]]:
        """Yield (name of the address, open page), one page after the other, at this width in pixels."""
        for role, addresses in self.pages.items():
            context = browser.new_context(viewport={"width": width, "height": 844}, locale="en-GB", **options)
            try:
                page = context.new_page()
                if role != ANONYMOUS:
                    self.sign_in(page, role)
                for name, paths in addresses.items():
                    for path in paths:
                        page.goto(f"{self.url}{path}")
                        yield f"{role}: {name} {path[:60]}", page
            finally:
                context.close()

    def sign_in(self, page: Page, role: str) -> None:
        """Sign in by the form, or take up the session that was prepared."""
        if role in self.sessions:
            page.context.add_cookies([{"name": "sessionid", "value": self.sessions[role], "url": self.url}])
            return
        page.goto(f"{self.url}/accounts/login/")
        page.fill("input[name=login]", self.people[role])
        page.fill("input[name=password]", PASSWORD)
        page.click("form[action*=login] button[type=submit]")
        page.wait_for_url(f"{self.url}/")


def build_gallery(installation: Installation) -> Gallery:
    """Write the rows into a running installation. Raises: AssertionError: they could not be written."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.unbroken"],
        cwd=ROOT,
        env=installation.environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return Gallery(url=installation.url, **json.loads(done.stdout))


def measure(page: Page) -> tuple[int, int]:
    """Return (pixels that the page is wider than its window, width of the widest box in it), everything typed in and opened."""
    page.evaluate(TYPE_AND_OPEN, LETTERS)
    found = page.evaluate(MEASURE)
    return found["beyond"], found["widest"]
