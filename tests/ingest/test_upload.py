"""The bytes of an upload: written once, of those alone who may store them, and nothing is left of what was refused or cut off."""

import errno
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from accounts.keys import create_api_key
from ingest.first_start.installation import prepare_installation
from kb import storage
from kb.models import DocumentVersion

TEXT = b"# Leave\n\nEmployees have 27 days of leave.\n" * 50
BOUNDARY = "BoUnDaRyStRiNg"


class Watched(io.BytesIO):
    """A body that knows how much of it was read."""

    @property
    def was_read(self):
        return self.tell()


@pytest.fixture
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


@pytest.fixture
def browser(knowledge_admin):
    """A browser of the knowledge admin that has the form's token, and no script."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(knowledge_admin)
    return client


def lying(files):
    return sorted(str(path.relative_to(files)) for path in files.rglob("*") if path.is_file())


def token_of(client, collection):
    page = client.get(reverse("kb:collection", args=[collection.slug])).content.decode()
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def send(client, collection, fields, **headers):
    """Post fields in their order. Returns: the response, and how many bytes of the body were read."""
    data = encode_multipart(BOUNDARY, fields)
    body = Watched(data)
    address = reverse("ingest:upload", args=[collection.slug])
    response = client.generic(
        "POST", address, b"", CONTENT_TYPE=MULTIPART_CONTENT, CONTENT_LENGTH=len(data), **{"wsgi.input": body}, **headers
    )
    return response, body.was_read


def leave():
    return SimpleUploadedFile("leave.md", TEXT)


def test_a_form_s_file_is_written_once(files, browser, collection, monkeypatch):
    opened = []
    really_open = storage._open_locked
    monkeypatch.setattr(storage, "_open_locked", lambda: opened.append(really_open()) or opened[-1])
    response, _ = send(browser, collection, {"csrfmiddlewaretoken": token_of(browser, collection), "files": [leave()]})

    version = DocumentVersion.objects.get()
    assert response.status_code == 302
    assert len(opened) == 1
    assert lying(files) == [version.storage_path]
    assert (files / version.storage_path).read_bytes() == TEXT


def test_scripts_may_send_the_token_as_a_header(files, browser, collection):
    token = token_of(browser, collection)
    response, _ = send(browser, collection, {"files": [leave()]}, HTTP_X_CSRFTOKEN=token)

    assert (response.status_code, len(lying(files))) == (302, 1)


@pytest.mark.parametrize("fields", [{}, {"csrfmiddlewaretoken": "a" * 64}], ids=["none", "wrong"])
def test_a_forged_form_stores_nothing(files, browser, collection, fields):
    token_of(browser, collection)
    big = SimpleUploadedFile("leave.md", b"a" * 200_000)
    response, was_read = send(browser, collection, {**fields, "files": [big]})

    assert response.status_code == 403
    assert was_read < 10_000
    assert lying(files) == []


def test_a_token_behind_the_files_comes_too_late(files, browser, collection):
    response, _ = send(browser, collection, {"files": [leave()], "csrfmiddlewaretoken": token_of(browser, collection)})

    assert (response.status_code, lying(files)) == (403, [])


@pytest.mark.parametrize("person", ["employee", "outsider", "auditor", "anonymous"])
def test_who_may_not_upload_has_nothing_read(files, collection, request, person):
    client = Client(enforce_csrf_checks=True)
    if person != "anonymous":
        client.force_login(request.getfixturevalue(person))
    response, was_read = send(client, collection, {"csrfmiddlewaretoken": "a" * 64, "files": [leave()]})

    assert response.status_code == (302 if person == "anonymous" else 404)
    assert was_read == 0
    assert lying(files) == []


def test_a_program_that_may_not_upload_has_nothing_read(files, collection, employee):
    key = create_api_key(user=employee, name="script", scopes=("read",), days=30, actor=employee).text
    data = encode_multipart(BOUNDARY, {"files": [leave()]})
    body = Watched(data)
    address = f"/api/v1/collections/{collection.slug}/documents"
    more = {"CONTENT_LENGTH": len(data), "wsgi.input": body, "HTTP_AUTHORIZATION": f"Bearer {key}"}
    response = Client().generic("POST", address, b"", CONTENT_TYPE=MULTIPART_CONTENT, **more)

    assert response.status_code == 403
    assert (body.was_read, lying(files)) == (0, [])


def test_a_form_that_takes_no_files_stores_none(files, client, employee):
    response = client.post("/accounts/login/", {"login": "erin", "password": "correct horse 7", "extra": leave()})

    assert response.status_code == 302  # it was read without its file
    assert lying(files) == []


def test_each_file_of_a_form_is_kept_or_refused_by_itself(files, browser, collection, settings):
    settings.UPLOAD_MAX_BYTES = 3000
    large = SimpleUploadedFile("large.md", b"a" * 200_000)
    empty = SimpleUploadedFile("empty.md", b"")
    fields = {"csrfmiddlewaretoken": token_of(browser, collection), "files": [large, leave(), empty]}
    send(browser, collection, fields)
    page = browser.get(reverse("kb:collection", args=[collection.slug])).content.decode()

    assert "large.md: The file exceeds the size limit." in page
    assert "empty.md: The file is empty." in page
    assert lying(files) == [DocumentVersion.objects.get().storage_path]


def test_a_full_disk_is_reported_in_a_sentence_and_leaves_nothing(files, browser, collection, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    really_open = storage._open_locked

    def open_full():
        path, file = really_open()
        file.close()
        return path, Full()

    monkeypatch.setattr(storage, "_open_locked", open_full)
    fields = {"csrfmiddlewaretoken": token_of(browser, collection), "files": [leave()]}
    response, _ = send(browser, collection, fields, HTTP_ACCEPT="application/json")

    assert (response.status_code, "disk is full" in response.json()["message"]) == (422, True)
    assert lying(files) == []


def test_a_form_that_breaks_off_leaves_nothing(files, browser, collection):
    class Breaking(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 100_000:
                raise OSError("the sender has left")
            return super().read(size)

    data = encode_multipart(
        BOUNDARY,
        {"csrfmiddlewaretoken": token_of(browser, collection), "files": [leave(), SimpleUploadedFile("b.md", b"b" * 900_000)]},
    )
    more = {"CONTENT_LENGTH": len(data), "wsgi.input": Breaking(data)}
    browser.raise_request_exception = False
    response = browser.generic(
        "POST", reverse("ingest:upload", args=[collection.slug]), b"", CONTENT_TYPE=MULTIPART_CONTENT, **more
    )

    assert response.status_code >= 400
    assert lying(files) == []


# --- what a killed one leaves ---

WRITER = """
import sys, time
from pathlib import Path
from django.conf import settings
settings.configure(MEDIA_ROOT=Path(sys.argv[1]), ATTEST_HOME=Path(sys.argv[1]))
from kb.storage import Receiver
receiver = Receiver(max_bytes=1000)
receiver.write(b"half of it")
print("writing", flush=True)
time.sleep(600)
"""


@pytest.fixture
def writer(files):
    """A process in the middle of an upload."""
    files.mkdir()
    root = Path(storage.__file__).parents[1]
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(files)], cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "writing\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_an_upload_that_is_written_is_never_swept(files, writer):
    (part,) = (files / "incoming").iterdir()
    os.utime(part, (time.time() - 86_400, time.time() - 86_400))

    assert storage.remove_stale_uploads(older_than_s=0) == 0
    assert part.exists()


def test_what_a_killed_upload_left_goes_at_the_next_start(files, writer, db, settings):
    settings.DEMO = False
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert len(lying(files)) == 1
    prepare_installation()

    assert lying(files) == []


def test_the_sweep_leaves_what_has_just_been_cut_off(files, writer):
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert storage.remove_stale_uploads(older_than_s=60) == 0
    (part,) = (files / "incoming").iterdir()
    os.utime(part, (time.time() - 61, time.time() - 61))

    assert storage.remove_stale_uploads(older_than_s=60) == 1
