"""Every page, light and dark, on a phone and on a desk: no violation of any of axe-core's rules, and no wider than its window.

Each is opened once for both: that takes as long as looking.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.looking import WIDEST_BOX_PX, Gallery, measure

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_each_page_keeps_to_the_rules_of_axe_and_to_its_window(gallery: Gallery, browser: Browser, width: int, scheme: str) -> None:
    axe = Axe()
    violations, too_wide = {}, {}
    for name, page in gallery.rooms(browser, width=width, color_scheme=scheme):
        found = axe.run(page).response["violations"]
        if found:
            violations[name] = [(row["id"], row["nodes"][0]["html"][:160]) for row in found]
        beyond, widest = measure(page)  # last: it types into the page
        if beyond > 0 or widest > WIDEST_BOX_PX:
            too_wide[name] = (beyond, widest)
    assert violations == {}
    assert too_wide == {}
