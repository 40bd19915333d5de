"""Static files as browsers get them: hashed names that are kept for good, compressed, and modules that find each other."""

import gzip
import json
import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from config.settings import base
from ingest.first_start.static_files import collect_static_if_changed

HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
FOR_GOOD = "max-age=315360000, public, immutable"
REFERENCES = re.compile(r"""(?:src|href)="(/static/[^"#]+)""")
IMPORTS = re.compile(r"""(?:from|import)\s*\(?["'](\./[^"']+)["']""")


@pytest.fixture
def source(settings, tmp_path: Path) -> Path:
    """A copy of the static files, and a place of their own where they are collected, as `config.settings.base` has it."""
    folder = tmp_path / "source"
    shutil.copytree(base.BASE_DIR / "static", folder)
    settings.STATICFILES_DIRS = [folder]
    settings.STATIC_ROOT = tmp_path / "home" / "static"
    settings.STORAGES = base.STORAGES
    return folder


def fetch(client: Client, address: str, **headers: str) -> tuple[bytes, dict[str, str]]:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, address
    return b"".join(response.streaming_content), dict(response.items())


def list_files(client: Client, page: str) -> Iterator[str]:
    """Yield the address of every static file that a page loads, modules of modules included."""
    waiting, seen = [*REFERENCES.findall(page)], set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        yield address
        if address.endswith(".js"):
            text = fetch(client, address)[0].decode()
            waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(address), name)) for name in IMPORTS.findall(text)]


@pytest.mark.django_db
def test_every_file_of_a_page_has_a_hashed_name_and_is_kept_for_good(source: Path, client: Client, knowledge_admin: User) -> None:
    assert collect_static_if_changed()
    client.force_login(knowledge_admin)
    response = client.get("/models/")
    files = list(list_files(client, response.content.decode()))
    modules = {Path(name).name.partition(".")[0] for name in files if "/static/js/" in name}
    assert modules == {path.stem for path in source.glob("js/*.js")}
    names = {re.sub(r"\.[0-9a-f]{12}", "", Path(address).name) for address in files}
    assert {"tokens.css", "layout.css", "models.css", "htmx.min.js", "mark.svg", "icons.svg"} <= names
    for address in files:
        body, headers = fetch(client, address)
        assert HASHED.search(address), address
        assert headers["Cache-Control"] == FOR_GOOD, address
        assert headers["Content-Type"] != "application/octet-stream", address
        packed, headers = fetch(client, address, accept_encoding="gzip, br")
        if len(body) > 1000 and not address.endswith(".png"):  # which is packed already
            assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding"), address
            assert len(packed) < len(body) * 0.7
            assert gzip.decompress(packed) == body
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_a_plain_name_is_not_kept_for_good(source: Path, client: Client) -> None:
    collect_static_if_changed()
    assert "immutable" not in fetch(client, "/static/js/main.js")[1]["Cache-Control"]


def test_what_has_not_changed_is_not_collected_again(source: Path) -> None:
    assert [collect_static_if_changed() for _ in range(2)] == [True, False]


def test_a_changed_module_gets_another_name_and_so_do_those_that_import_it(source: Path, settings) -> None:
    collect_static_if_changed()
    before = json.loads((settings.STATIC_ROOT / "staticfiles.json").read_text())["paths"]
    module = source / "js" / "toast.js"
    module.write_text(module.read_text() + "// another release\n")
    assert collect_static_if_changed()
    after = json.loads((settings.STATIC_ROOT / "staticfiles.json").read_text())["paths"]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"js/toast.js", "js/copy.js", "js/passkeys.js", "js/main.js"}
    assert (settings.STATIC_ROOT / before["js/main.js"]).is_file()  # a page that is open names it


@pytest.mark.parametrize("lost", ["collected.sha256", "staticfiles.json"])
def test_what_a_killed_process_left_is_done_again(source: Path, settings, lost: str) -> None:
    collect_static_if_changed()
    names = sorted(path.name for path in settings.STATIC_ROOT.rglob("*"))
    (settings.STATIC_ROOT / lost).unlink()
    torn = settings.STATIC_ROOT.with_name("static.new") / "js"
    torn.mkdir(parents=True)
    (torn / "main.js").write_text("torn")
    assert collect_static_if_changed()
    assert sorted(path.name for path in settings.STATIC_ROOT.rglob("*")) == names
    assert not torn.parent.exists()
    assert (settings.STATIC_ROOT / "js/main.js").read_text() != "torn"


@pytest.mark.django_db
def test_preparing_an_installation_collects_them(source: Path, settings, knowledge_admin) -> None:
    call_command("prepare")
    assert HASHED.search(staticfiles_storage.url("js/main.js"))


def test_before_anything_is_collected_pages_name_the_plain_files(source: Path) -> None:
    assert staticfiles_storage.url("js/main.js") == "/static/js/main.js"


def test_a_file_that_is_not_there_is_found_out_when_they_are_collected(source: Path) -> None:
    module = source / "js" / "toast.js"
    module.write_text('import { nothing } from "./nowhere.js";\n' + module.read_text())
    with pytest.raises(ValueError, match=r"nowhere\.js"):
        collect_static_if_changed()
