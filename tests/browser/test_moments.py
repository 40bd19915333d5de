"""A browser shows moments in its own zone and language, on the first page and on every later one."""

import re

import pytest
from playwright.sync_api import Browser, expect

from bench.harness.served import Installation

FIRST = "/library/c/larkspur/"
STYLES = {
    ("en-GB", "UTC"): r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d:\d\d GMT",
    ("en-GB", "Asia/Tokyo"): r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d:\d\d GMT\+09:00",
    ("en-US", "America/Phoenix"): r"[A-Z][a-z]+ \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d\s[AP]M GMT-07:00",
    ("zh-CN", "Asia/Shanghai"): r"\d{4}年\d{1,2}月\d{1,2}日 \d\d:\d\d:\d\d GMT\+08:00",
}


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "zone"), STYLES)
def test_moments_are_in_the_browsers_zone_and_language(
    browser: Browser, installation: Installation, locale: str, zone: str
) -> None:
    context = browser.new_context(locale=locale, timezone_id=zone)
    try:
        page = context.new_page()
        page.goto(installation.url)
        page.fill("input[name=login]", "grace")
        page.fill("input[name=password]", installation.password("grace"))
        page.click("form[action*=login] button[type=submit]")
        page.wait_for_url(f"{installation.url}/")
        page.goto(installation.url + FIRST)
        ago = page.locator("#documents time").first
        expect(ago).to_have_attribute("title", re.compile(f"^{STYLES[locale, zone]}$"))
        page.click("#documents .table__title")
        page.goto(page.url + "?tab=versions")
        uploaded = page.locator("time[data-moment=minute]").first
        instant = uploaded.get_attribute("datetime")
        hour = "numeric" if locale == "en-US" else "2-digit"
        expected = page.evaluate(
            """([at, locale, timeZone, hour]) => new Intl.DateTimeFormat(locale,
            {day: "numeric", month: "short", year: "numeric", hour, minute: "2-digit", timeZone}
            ).format(new Date(at))""",
            [instant, locale, zone, hour],
        )
        expect(uploaded).to_have_text(expected)
        assert {"name": "time_zone", "value": zone.replace("/", "%2F")}.items() <= next(
            cookie for cookie in context.cookies() if cookie["name"] == "time_zone"
        ).items()
    finally:
        context.close()
