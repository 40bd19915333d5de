"""600 letters without a space, or a long link, wherever people's or documents' text stands: what a person needs stays in sight.

That no page becomes wider by it, tests.browser.test_accessibility measures, which opens them all.
"""

import pytest
from django.urls import get_resolver
from playwright.sync_api import Browser, expect

from tests.browser.looking import MEASURE, WIDEST_BOX_PX, Gallery, measure
from tests.browser.unbroken import LINK
from tests.permissions.test_every_address import ADDRESSES, every_name

pytestmark = pytest.mark.browser

NO_PAGES = {  # what answers with a fragment, a file or a way to another page
    "kb:progress",
    "kb:original",
    "kb:page_image",
    "chat:answer",
    "chat:stream",
    "chat:newer",
    "chat:next",
    "chat:export",
    "chat:files",
    "audit:export",
    "audit:payload",
    "audit:checkpoint_file",
    "reviews:export",
    "curation:golden_export",
    "curation:canary_export",
    "curation:insights_export",
    "curation:insights_all_export",
    "accounts:directory_try",  # needs a directory that answers: tests/accounts/test_directory.py
    "saml_metadata",
    "saml_sls",
    "saml_finish_acs",
    "retention:person_export",
    "retention:certificate",
    "models:costs_export",
    "mcp",
    "outside:widget",  # in a frame: tests/browser/test_widget.py
    "outside:widget_source",
    "healthz",
    "readyz",
    "metrics",
    "api_schema",
    "mfa_index",
    "socialaccount_login_cancelled",
    "mfa_list_webauthn",
    "mfa_login_webauthn",
}


def test_the_gallery_shows_every_page(gallery: Gallery) -> None:
    shown = {name for addresses in gallery.pages.values() for name in addresses} - {"error"}
    pages = {
        name
        for name in every_name(get_resolver().url_patterns)
        if any(case.method == "get" for case in ADDRESSES[name]) and not name.startswith(("api:", "openai:", "scim:"))
    }
    assert pages - NO_PAGES <= shown


@pytest.mark.parametrize("width", [390, 1440])
def test_a_long_word_that_is_being_typed_leaves_the_send_button_in_sight(gallery: Gallery, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    gallery.sign_in(page, "employee")
    for path in ("/", gallery.pages["employee"]["chat:conversation"][0]):
        page.goto(f"{gallery.url}{path}")
        page.locator("#question").fill(LINK)
        expect(page.locator(".composer__send")).to_be_in_viewport(ratio=1)
        assert measure(page)[0] <= 0, path
    context.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_source_panel_breaks_long_runs_and_leaves_words_whole(gallery: Gallery, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    gallery.sign_in(page, "employee")
    page.goto(f"{gallery.url}{gallery.pages['employee']['chat:conversation'][0]}")
    page.locator("a.cite").first.click()
    cell = page.locator("#panel td", has_text="Reimbursement")
    expect(cell).to_be_visible()
    lines = "cell => { const words = document.createRange(); words.selectNodeContents(cell); return words.getClientRects().length }"
    assert cell.evaluate(lines) == 1
    assert page.locator("#panel .table-wrap").first.evaluate("box => box.scrollWidth") < WIDEST_BOX_PX
    assert page.evaluate(MEASURE)["beyond"] <= 0
    context.close()
