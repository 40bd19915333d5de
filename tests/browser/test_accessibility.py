"""axe-core over every page, light and dark, on a phone and on a desk: no violation of any of its rules."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.looking import Gallery

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_no_page_violates_a_rule_of_axe(gallery: Gallery, browser: Browser, width: int, scheme: str) -> None:
    axe = Axe()
    violations = {}
    for name, page in gallery.rooms(browser, width=width, color_scheme=scheme):
        found = axe.run(page).response["violations"]
        if found:
            violations[name] = [(row["id"], row["nodes"][0]["html"][:160]) for row in found]
    assert violations == {}
