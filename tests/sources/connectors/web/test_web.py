"""A site on this machine with what crawlers meet: circles, traps, sign-ins, other hosts, limits."""

import gzip
from collections import UserDict

import pytest

from sources.connectors.errors import (
    AddressRefused,
    ConnectorError,
    CursorExpired,
    ItemGone,
    ItemUnreadable,
    SignInRefused,
    SourceAway,
    Throttled,
)
from sources.connectors.port import Item
from sources.connectors.web import MANIFEST
from sources.connectors.web.scope import normalise_url
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened
from tests.sources.connectors.serving import served

HTML = "text/html; charset=utf-8"


class Site:
    """Pages by path. A text is a page, a tuple is (status, headers, body)."""

    def __init__(self):
        self.pages, self.requests, self.address = {}, [], ""

    def __call__(self, environ, start):
        path = environ["PATH_INFO"].encode("latin-1").decode() + ("?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else "")
        self.requests.append((environ["REQUEST_METHOD"], path, environ.get("HTTP_X_STAFF", "")))
        found = self.pages.get(path, (404, {}, b""))
        if callable(found):
            found = found(environ)
        if isinstance(found, str):
            found = (200, {"Content-Type": HTML}, found.encode())
        status, headers, body = found
        start(f"{status} Answer", [*{"Content-Length": str(len(body)), **headers}.items()])
        return [body]


def page(title, *links, more=""):
    return f"<html><head><title>{title}</title></head><body>{more}" + "".join(f'<a href="{link}">x</a>' for link in links)


@pytest.fixture
def site():
    found = Site()
    found.pages["/handbook/"] = page("Handbook", "travel.html", "pay/", "forms/claim.pdf", "logo.png", "#top", "mailto:x@y.example")
    found.pages["/handbook/travel.html"] = page("Travel  and\n expenses", "/handbook/", "/other/", "https://else.example/x")
    found.pages["/handbook/pay/"] = page("薪酬", "../travel.html?utm_source=mail", "../travel.html#part")
    found.pages["/handbook/forms/claim.pdf"] = (200, {"Content-Type": "application/pdf", "ETag": '"1"'}, b"%PDF-1.7 claim")
    found.pages["/handbook/logo.png"] = (200, {"Content-Type": "image/png"}, b"png")
    found.pages["/other/"] = page("Other")
    with served(found) as found.address:
        yield found


@pytest.fixture
def read(site):
    """Open the source with other settings."""
    return lambda secrets=None, **settings: opened(MANIFEST, {"address": f"{site.address}/handbook/", **settings}, secrets)


@pytest.fixture
def source(read):
    with read() as connector:
        yield connector


def test_it_lists_pages_by_title_and_files_by_name(source, site):
    source.check()
    found = list_all(source)
    assert found.is_complete
    names = {"handbook/Handbook.html", "handbook/Travel and expenses.html", "handbook/pay/薪酬.html", "handbook/forms/claim.pdf"}
    assert set(found.by_name) == names
    travel = found.by_name["handbook/Travel and expenses.html"]
    assert travel.id == travel.url == f"{site.address}/handbook/travel.html"
    assert fetch(source, travel).decode() == site.pages["/handbook/travel.html"]
    assert fetch(source, found.by_name["handbook/forms/claim.pdf"]) == b"%PDF-1.7 claim"
    assert not any(path.startswith("/other") for _method, path, _header in site.requests)


def test_versions_change_with_bytes_and_not_without(source, site):
    before = list_all(source).by_name
    site.pages["/handbook/pay/"] = page("薪酬", "../travel.html", more="new")
    site.pages["/handbook/forms/claim.pdf"] = (200, {"Content-Type": "application/pdf", "ETag": '"2"'}, b"%PDF-1.7 other")
    after = list_all(source).by_name
    changed = {name for name in before if before[name].version != after[name].version}
    assert changed == {"handbook/pay/薪酬.html", "handbook/forms/claim.pdf"}
    site.pages["/handbook/forms/claim.pdf"] = (200, {"Content-Type": "application/pdf", "ETag": 'W/"2"'}, b"%PDF-1.7 third")
    third = list_all(source).by_name["handbook/forms/claim.pdf"]
    site.pages["/handbook/forms/claim.pdf"] = (200, {"Content-Type": "application/pdf", "ETag": 'W/"2"'}, b"%PDF-1.7 forth")
    assert third.version != list_all(source).by_name["handbook/forms/claim.pdf"].version  # a weak ETag says nothing of bytes


def test_a_page_is_fetched_once_where_it_was_just_listed(source, site):
    found = list_all(source).by_name["handbook/pay/薪酬.html"]
    site.requests.clear()
    fetch(source, found)
    assert site.requests == []
    fetch(source, found)
    assert len(site.requests) == 1


def test_what_is_deleted_is_not_listed_and_not_fetched(source, site):
    gone = list_all(source).by_name["handbook/forms/claim.pdf"]
    del site.pages["/handbook/forms/claim.pdf"]
    found = list_all(source)
    assert found.is_complete and "handbook/forms/claim.pdf" not in found.by_name
    with pytest.raises(ItemGone):
        fetch(source, gone)


def test_a_crawl_goes_on_from_every_page(source, monkeypatch):
    monkeypatch.setattr("sources.connectors.web.crawler.BATCH", 1)
    list_from_every_page(source)
    with pytest.raises(CursorExpired):
        list_all(source, "no cursor")


def test_redirects_are_followed_within_the_site_and_no_further(source, site):
    site.pages["/handbook/pay/"] = (302, {"Location": "/handbook/pay/2026.html"}, b"")
    site.pages["/handbook/pay/2026.html"] = page(
        "Pay 2026", "/handbook/out", "/handbook/circle", "/handbook/metadata", "/handbook/beside"
    )
    site.pages["/handbook/out"] = (302, {"Location": "https://else.example/handbook/"}, b"")
    site.pages["/handbook/metadata"] = (302, {"Location": "http://169.254.169.254/latest/"}, b"")
    site.pages["/handbook/beside"] = (302, {"Location": "/other/"}, b"")
    site.pages["/handbook/circle"] = (302, {"Location": "/handbook/circle2"}, b"")
    site.pages["/handbook/circle2"] = (302, {"Location": "/handbook/circle"}, b"")
    found = list_all(source)
    assert "handbook/pay/Pay 2026.html" in found.by_name
    assert len(found.items) == 4
    assert not any(path.startswith("/other") for _method, path, _header in site.requests)


def test_traps_end_at_the_limit_of_pages_and_delete_nothing(site, read):
    def calendar(environ):
        return page(
            environ["QUERY_STRING"], f"/handbook/calendar?day={len(site.requests)}", f"/handbook/calendar?d={len(site.requests)}"
        )

    class Endless(UserDict):
        def __contains__(self, path):
            return path.startswith("/handbook/calendar") or super().__contains__(path)

        def __missing__(self, path):
            return calendar

    site.pages = Endless(site.pages)
    site.pages["/handbook/pay/"] = page("Pay", "/handbook/calendar?day=0")
    with read(pages="30", depth="50") as source:
        found = list_all(source)
    assert len(found.items) == 29  # and the picture
    assert not found.is_complete
    assert len(site.requests) < 40


def test_depth_bounds_links_in_a_row(site, read):
    site.pages["/handbook/pay/"] = page("Pay", "/handbook/pay/deep.html")
    site.pages["/handbook/pay/deep.html"] = page("Deep")
    with read(depth="1") as source:
        assert "handbook/pay/Deep.html" not in list_all(source).by_name
    with read(depth="2") as source:
        assert "handbook/pay/Deep.html" in list_all(source).by_name


def test_paths_that_repeat_themselves_are_left(source, site):
    site.pages["/handbook/pay/"] = page("Pay", "/handbook/" + "a/" * 4, "/handbook/" + "x" * 2000)
    list_all(source)
    assert not any("/a/" in path or "xxx" in path for _method, path, _header in site.requests)


def test_the_same_page_under_two_addresses_is_listed_once(source, site):
    site.pages["/handbook/pay/"] = page("Pay", "/handbook/print?of=travel", "/handbook/short")
    site.pages["/handbook/print?of=travel"] = site.pages["/handbook/travel.html"]
    canonical = '<link rel="canonical" href="/handbook/travel.html">'
    site.pages["/handbook/short"] = page("Short", more=canonical)
    found = list_all(source)
    assert [item.id.rpartition("/")[2] for item in found.items if "Travel" in item.name] == ["travel.html"]
    assert "handbook/Short.html" not in found.by_name


def test_robots_and_sitemaps_are_kept(site, read):
    site.pages["/robots.txt"] = (
        200,
        {"Content-Type": "text/plain"},
        f"User-agent: *\nDisallow: /handbook/pay/\nSitemap: {site.address}/maps.xml.gz\nSitemap: http://127.0.0.1:1/x".encode(),
    )
    index = f"<sitemapindex><sitemap><loc>{site.address}/map.xml</loc></sitemap></sitemapindex>"
    lone = f"{site.address}/handbook/lone.html"
    site.pages["/maps.xml.gz"] = (200, {"Content-Type": "application/gzip"}, gzip.compress(index.encode()))
    site.pages["/map.xml"] = f"<urlset><url><loc>{lone}</loc></url><url><loc>https://else.example/</loc></url></urlset>"
    site.pages["/handbook/lone.html"] = page("Lone")
    with read() as source:
        found = set(list_all(source).by_name)
    assert "handbook/Lone.html" in found and "handbook/pay/薪酬.html" not in found
    with read(robots="no", sitemap="no") as source:
        found = set(list_all(source).by_name)
    assert "handbook/Lone.html" not in found and "handbook/pay/薪酬.html" in found
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /"
    with read() as source, pytest.raises(AddressRefused):
        list_all(source)


def test_wishes_of_a_page_are_kept(source, site):
    site.pages["/handbook/pay/"] = page("Pay", "secret.html", more='<meta name="robots" content="noindex, nofollow">')
    site.pages["/handbook/pay/secret.html"] = page("Secret")
    assert not any("pay/" in name for name in list_all(source).by_name)


def test_a_header_signs_in_and_goes_to_no_other_host(site, read):
    def staff(environ):
        return page("Staff", "/handbook/away") if environ.get("HTTP_X_STAFF") == "s3cret" else (401, {}, b"")

    other = Site()
    other.pages["/handbook/"] = page("Elsewhere")
    site.pages["/handbook/"] = staff
    with served(other) as elsewhere:
        site.pages["/handbook/away"] = (302, {"Location": f"{elsewhere}/handbook/"}, b"")
        with read({"header_value": "s3cret"}, header="X-Staff") as source:
            assert set(list_all(source).by_name) == {"handbook/Staff.html"}
        with read() as source, pytest.raises(SignInRefused):
            source.check()
    assert other.requests == []


def test_a_site_that_asks_for_a_sign_in_is_not_taken_for_empty(source, site):
    site.pages["/handbook/"] = (302, {"Location": "/handbook/login"}, b"")
    site.pages["/handbook/login"] = page("Sign in", more='<form><input type="password"></form>')
    with pytest.raises(SignInRefused):
        list_all(source)
    site.pages["/handbook/"] = (302, {"Location": "https://sso.example/login"}, b"")
    with pytest.raises(SourceAway, match="outside"):
        list_all(source)


def test_a_page_that_fails_deletes_nothing_and_a_site_that_fails_is_away(source, site):
    site.pages["/handbook/pay/"] = (500, {}, b"")
    found = list_all(source)
    assert not found.is_complete and len(found.items) == 3
    site.pages["/handbook/"] = page("Handbook", *(f"/handbook/{place}" for place in range(6)))
    site.pages |= {f"/handbook/{place}": (500, {}, b"") for place in range(6)}
    with pytest.raises(SourceAway):
        list_all(source)


def test_a_site_that_asks_to_wait_goes_on_where_it_was(source, site):
    site.pages["/handbook/pay/"] = (429, {"Retry-After": "3"}, b"")
    with pytest.raises(Throttled) as throttled:
        list_all(source)
    assert throttled.value.retry_after == 3
    changes = source.list_changes("")
    first = next(changes)
    site.pages["/handbook/pay/"] = page("Pay")
    rest = list_all(source, first.cursor)
    assert rest.is_complete and "handbook/pay/Pay.html" in rest.by_name


def test_other_codings_are_carried_in_the_bytes(source, site):
    site.pages["/handbook/pay/"] = (200, {"Content-Type": "text/html; charset=gb2312"}, page("薪酬").encode("gb2312"))
    found = list_all(source)
    assert any(fetch(source, item).decode("utf-8-sig") == page("薪酬") for item in found.items if "/pay/" in item.id)


def test_what_lies_outside_is_not_fetched(source, site):
    for url in (f"{site.address}/other/", "http://169.254.169.254/", "file:///etc/passwd"):
        with pytest.raises(ItemUnreadable):
            fetch(source, Item(id=url))


def test_settings_are_checked_with_a_sentence(site):
    here = f"{site.address}/handbook/"
    for settings, error in (
        ({"address": f"{here} https://else.example/"}, AddressRefused),
        ({"address": here, "below": "/other/"}, AddressRefused),
        ({"address": here, "depth": "many"}, ConnectorError),
        ({"address": here, "pages": "1000000"}, ConnectorError),
        ({"address": here, "header": "Host"}, ConnectorError),
        ({"address": "gopher://intranet.example"}, AddressRefused),
    ):
        with pytest.raises(error):
            MANIFEST.open(settings, {"header_value": "x"})


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("../b?x=1#top", "http://h.example/b?x=1"),
        ("c;jsessionid=AB12?PHPSESSID=1&d=2", "http://h.example/a/c?d=2"),
        ("HTTP://H.example:80/é x", "http://h.example/%C3%A9%20x"),
        ("?q=%C4%E3", "http://h.example/a/p?q=%C4%E3"),
        ("javascript:alert(1)", ""),
        ("http://user:pass@h.example/", ""),
        ("http://[bad/", ""),
    ],
)
def test_addresses_have_one_spelling(link, url):
    assert normalise_url(link, "http://h.example/a/p") == url
