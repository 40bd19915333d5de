"""No page has inline code, every icon and address exists, and every template can be loaded."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.sign_in.links import Purpose, make_link
from chat.models import Turn
from kb.models import Document
from tests.pages.conftest import signed_in

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style[\s>]", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "htmx code": re.compile(r"hx-on[:=]|hx-vals=['\"]js:|hx-trigger=\"[^\"]*\[", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
@pytest.mark.parametrize("what", INLINE)
def test_no_template_has_inline_code(path: Path, what: str) -> None:
    assert not INLINE[what].search(path.read_text()), f"{path.name} has {what}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_template_loads(path: Path) -> None:
    get_template(str(path.relative_to(settings.BASE_DIR / "templates")))


def test_every_icon_is_in_the_sprite() -> None:
    sprite = (settings.BASE_DIR / "static/vendor/lucide/icons.svg").read_text()
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used = {name for path in TEMPLATES for name in re.findall(r'{% icon "([^"]+)"', path.read_text())}
    assert used <= known


SHEETS = {path.name: path.read_text() for path in (settings.BASE_DIR / "static/css").glob("*.css")}
CLASS = re.compile(r"\.(-?[a-z][\w-]*)")


def parts_of(name: str) -> dict[str, str]:
    """Return the text of a template and of every one that it extends or includes, by name."""
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        part = waiting.pop()
        if part not in found:
            found[part] = (settings.BASE_DIR / "templates" / part).read_text()
            waiting += re.findall(r'{% (?:extends|include) "([^"]+)"', found[part])
    return found


def linked_sheets(name: str) -> list[str]:
    """Return the style sheets of a page: those of the innermost block that names any, after those of every page."""
    block: list[str] = []
    while True:
        text = (settings.BASE_DIR / "templates" / name).read_text()
        links = re.findall(r'href="{% static "css/([^"]+)" %}"', text)
        parent = re.search(r'{% extends "([^"]+)"', text)
        if parent is None:
            return links + block
        block, name = block or links, parent[1]


PAGES = [str(path.relative_to(settings.BASE_DIR / "templates")) for path in TEMPLATES if "{% extends" in path.read_text()]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_links_the_sheets_that_style_its_classes(name: str) -> None:
    linked = linked_sheets(name)
    assert len(linked) == len(set(linked))
    styled = {found for sheet in linked for found in CLASS.findall(SHEETS[sheet])}
    used = {word for text in parts_of(name).values() for value in re.findall(r'class="([^"{]+)"', text) for word in value.split()}
    assert used - styled == set()


def test_every_style_sheet_is_whole_of_one_idea_and_linked() -> None:
    linked = {sheet for name in PAGES for sheet in linked_sheets(name)}
    assert linked == set(SHEETS)
    for name, css in SHEETS.items():
        assert css.count("{") == css.count("}"), name
        assert "@import" not in css, name
        assert len(css.splitlines()) <= 300, name


def test_scripts_are_typed_modules_without_eval() -> None:
    for path in (settings.BASE_DIR / "static/js").glob("*.js"):
        source = path.read_text()
        assert source.startswith("// @ts-check\n"), path.name
        assert not re.search(r"\beval\(|new Function\(|setAttribute\(\"style\"", source), path.name


def test_the_theme_is_written_into_the_page_from_its_cookie_alone(employee: User) -> None:
    client = signed_in(employee)
    assert "data-theme" not in client.get(reverse("chat:home")).content.decode().split(">", 2)[1]
    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get(reverse("chat:home")).content.decode()
    client.cookies["theme"] = "<script>"
    assert '<html lang="en">' in client.get(reverse("chat:home")).content.decode()


def test_the_policy_allows_no_inline_code(db: None) -> None:
    policy = Client().get(reverse("account_login"))["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy


@pytest.mark.parametrize("name", ["employee", "knowledge_admin", "auditor"])
def test_the_navigation_shows_each_role_its_areas(request: pytest.FixtureRequest, name: str) -> None:
    page = signed_in(request.getfixturevalue(name)).get(reverse("chat:home")).content.decode()
    navigation = page[page.index('<nav class="nav"') : page.index("</nav>")]
    assert (f'href="{reverse("audit:index")}"' in navigation) == (name == "auditor")
    assert (f'href="{reverse("accounts:index")}"' in navigation) == (name == "knowledge_admin")


def test_pages_render_in_both_languages(
    turn: Turn, document: Document, pdf: Document, knowledge_admin: User, employee: User, auditor: User
) -> None:
    version = pdf.current_version
    addresses = [
        (employee, reverse("chat:home")),
        (employee, reverse("chat:check")),
        (employee, reverse("chat:conversation", args=[turn.conversation.uid])),
        (knowledge_admin, reverse("kb:index")),
        (knowledge_admin, reverse("kb:collection_new")),
        (knowledge_admin, reverse("kb:collection", args=["handbook"])),
        (knowledge_admin, reverse("kb:collection_edit", args=["handbook"])),
        (knowledge_admin, reverse("kb:document", args=[document.uid])),
        (knowledge_admin, reverse("kb:document", args=[pdf.uid]) + "?tab=versions"),
        (knowledge_admin, reverse("kb:document", args=[pdf.uid]) + "?tab=passages"),
        (knowledge_admin, reverse("kb:source", args=[version.uid, 1])),
        (knowledge_admin, reverse("ingest:delete", args=[document.uid])),
        (knowledge_admin, reverse("account_change_password")),
        (employee, reverse("accounts:security")),
        (knowledge_admin, reverse("accounts:change", args=[employee.pk])),
        (None, urlsplit(make_link(auditor, purpose=Purpose.INVITED)).path),
        (None, reverse("account_login")),
    ]
    for user, address in addresses:
        for language, tag in (("en", "en"), ("zh-hans", "zh-Hans")):
            response = signed_in(user).get(address, headers={"Accept-Language": language})
            assert response.status_code == 200, address
            assert f'<html lang="{tag}"' in response.content.decode(), address


def test_the_language_can_be_chosen_before_signing_in(db: None) -> None:
    client = Client()
    client.post(reverse("set_language"), {"language": "zh-hans", "next": reverse("account_login")})
    assert "登录 Attest" in client.get(reverse("account_login")).content.decode()
