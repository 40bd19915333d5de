"""A bare repository behind `git http-backend`, as web servers put it on the network."""

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sources.connectors.errors import AddressRefused, CursorExpired, ItemGone, ItemUnreadable, SignInRefused, SourceAway
from sources.connectors.git import MANIFEST
from tests.sources.connectors.reading import fetch, list_all, list_from_every_page, opened
from tests.sources.connectors.serving import served

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
TOKEN = "right-horse-7"


class Repository:
    """A bare repository, and a working copy that pushes to it."""

    def __init__(self, folder: Path) -> None:
        self.bare, self.work = folder / "handbook.git", folder / "work"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare), at=folder)
        self.git("clone", "--quiet", str(self.bare), str(self.work), at=folder)
        self.commit({"docs/guide.md": "# Guide", "docs/指南 1.md": "# 指南", "README.md": "read me", "src/main.py": "print()"})

    def git(self, *words: str, at: Path | None = None) -> str:
        names = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@acme.example", "GIT_CONFIG_GLOBAL": os.devnull}
        names |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in names.items()}
        done = subprocess.run(["git", *words], cwd=at or self.work, env={**os.environ, **names}, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def commit(self, files: dict[str, str | None]) -> None:
        for name, text in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        self.push()

    def push(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Change")
        self.git("push", "--quiet", "origin", "HEAD:main")


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


def backend(root, requests):
    """Git's own CGI program, behind a password."""

    def application(environ, start):
        requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        given = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Basic ")
        if base64.b64decode(given) != f"git:{TOKEN}".encode():
            start("401 Unauthorized", [("WWW-Authenticate", "Basic")])
            return [b""]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        wanted = ("PATH_INFO", "QUERY_STRING", "REQUEST_METHOD", "CONTENT_TYPE", "HTTP_CONTENT_ENCODING")
        variables = {name: environ[name] for name in wanted if name in environ}
        variables |= {"GIT_PROTOCOL": environ.get("HTTP_GIT_PROTOCOL", ""), "CONTENT_LENGTH": str(len(body))}
        variables |= {"GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "git", "PATH": os.environ["PATH"]}
        answer = subprocess.run(["git", "http-backend"], input=body, env=variables, capture_output=True, check=True).stdout
        head, _blank, content = answer.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        start(status, [header for header in headers if header[0] != "Status"])
        return [content]

    return application


@pytest.fixture
def requests():
    return []


@pytest.fixture
def address(repository, requests):
    with served(backend(repository.bare.parent, requests)) as root:
        yield f"{root}/handbook.git"


@pytest.fixture
def source(address):
    with opened(MANIFEST, {"address": address}, {"token": TOKEN}) as connector:
        yield connector


def test_it_lists_the_documents_of_the_main_branch(source):
    source.check()
    found = list_all(source)
    assert found.is_complete
    assert set(found.by_name) == {"docs/guide.md", "docs/指南 1.md", "README.md"}
    assert fetch(source, found.by_name["docs/指南 1.md"]) == "# 指南".encode()
    assert found.by_name["docs/guide.md"].rights is None


def test_a_branch_that_did_not_move_costs_no_fetch(source, requests):
    first = list_all(source)
    requests.clear()
    again = list_all(source, first.cursor)
    assert (again.items, again.is_complete, again.cursor) == ([], False, first.cursor)
    assert len([request for request in requests if request.startswith("POST")]) == 1  # which commit the branch is at


def test_a_branch_that_moved_tells_what_changed(source, repository):
    first = list_all(source)
    (repository.work / "docs" / "passwd.md").symlink_to("/etc/passwd")
    repository.commit(
        {"docs/guide.md": "# Guide, second edition", "README.md": None, "docs/new.md": "new", "src/main.py": "print(1)"}
    )
    second = list_all(source, first.cursor)
    assert not second.is_complete
    assert set(second.by_name) == {"docs/guide.md", "docs/new.md"}
    assert second.deleted == {"README.md"}
    assert second.by_name["docs/guide.md"].version != first.by_name["docs/guide.md"].version
    assert fetch(source, second.by_name["docs/guide.md"]) == b"# Guide, second edition"
    with pytest.raises(ItemGone):
        fetch(source, first.by_name["README.md"])


def test_a_file_that_becomes_a_link_is_gone(source, repository):
    first = list_all(source)
    (repository.work / "README.md").unlink()
    (repository.work / "README.md").symlink_to("docs/guide.md")
    repository.push()
    assert list_all(source, first.cursor).deleted == {"README.md"}


def test_a_branch_that_was_rewritten_is_listed_anew(source, repository):
    first = list_all(source)
    repository.git("commit", "--quiet", "--amend", "--message", "Another")
    repository.git("push", "--quiet", "--force", "origin", "HEAD:main")
    repository.git("reflog", "expire", "--expire=now", "--all", at=repository.bare)
    repository.git("gc", "--quiet", "--prune=now", at=repository.bare)
    with pytest.raises(CursorExpired):
        list_all(source, first.cursor)
    assert len(list_all(source).items) == 3


def test_a_listing_goes_on_from_every_page(source, monkeypatch):
    monkeypatch.setattr("sources.connectors.git.connector.PAGE", 1)
    list_from_every_page(source)


def test_folder_branch_and_endings_say_what_is_read(address, repository):
    repository.git("checkout", "--quiet", "-b", "next")
    repository.commit({"docs/code.py": "print()"})
    repository.git("push", "--quiet", "origin", "next")
    link = "https://git.example/src/{commit}/{path}"
    settings = {"address": address, "branch": "next", "folder": "docs", "endings": "", "link": link}
    with opened(MANIFEST, settings, {"token": TOKEN}) as source:
        found = list_all(source).by_name
        assert set(found) == {"docs/guide.md", "docs/指南 1.md", "docs/code.py"}
        assert found["docs/code.py"].url == f"https://git.example/src/{repository.git('rev-parse', 'next')}/docs/code.py"
    for settings, said in (({"branch": "none"}, "no branch"), ({"folder": "none"}, "no folder")):
        with opened(MANIFEST, {"address": address, **settings}, {"token": TOKEN}) as source, pytest.raises(SourceAway, match=said):
            list_all(source)


def test_links_are_not_followed_and_large_file_storage_is_named(source, repository):
    (repository.work / "docs" / "passwd.md").symlink_to("/etc/passwd")
    repository.commit({"docs/big.pdf": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"})
    found = list_all(source).by_name
    assert "docs/passwd.md" not in found
    with pytest.raises(ItemUnreadable, match="LFS"):
        fetch(source, found["docs/big.pdf"])


def test_a_wrong_token_is_told_apart_from_what_is_no_repository(address):
    with opened(MANIFEST, {"address": address}, {"token": "wrong"}) as source, pytest.raises(SignInRefused):
        source.check()
    with opened(MANIFEST, {"address": f"{address}/none"}, {"token": TOKEN}) as source, pytest.raises(SourceAway):
        source.check()


def test_only_http_and_only_allowed_machines(settings):
    for address in ("ssh://git.example/a.git", "git@git.example:a.git", "file:///etc"):
        with pytest.raises(AddressRefused):
            MANIFEST.open({"address": address}, {})
    settings.SOURCE_HOSTS = []
    with opened(MANIFEST, {"address": "http://127.0.0.1/a.git"}) as source, pytest.raises(AddressRefused):
        source.check()
