"""What an upload costs the server's disk: its bytes once, and nothing where it is refused or breaks off."""

import io
import os
import re
import socket
import zipfile
from pathlib import Path

import httpx
import pytest

from bench.harness.site import READ_S, wait_until
from tests.front_door.files import of_docx
from tests.front_door.visitor import Visitor

SIZE = 24 << 20


@pytest.fixture(scope="module", autouse=True)
def collection(visitor: Visitor) -> None:
    visitor.make_collection("large")


def web_process(visitor: Visitor) -> int:
    wanted = f"ATTEST_HOME={visitor.home}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if b"uvicorn" in (entry / "cmdline").read_bytes() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                return int(entry.name)
        except OSError:
            continue
    raise AssertionError("no web process")


def written(process: int) -> int:
    """Bytes that a process has handed to the system to be written, wherever to."""
    return int(re.search(r"^wchar: (\d+)", Path(f"/proc/{process}/io").read_text(), re.M)[1])


def incoming(visitor: Visitor) -> list[Path]:
    return list((visitor.home / "files").rglob("*.part"))


def big_file() -> bytes:
    """A short letter in a DOCX of SIZE bytes, which is nowhere yet and quickly read."""
    stream = io.BytesIO(of_docx("Penrith", 7))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("word/unused.bin", os.urandom(SIZE))
    return stream.getvalue()


@pytest.mark.parametrize("door", ["form", "rest"])
def test_an_upload_is_written_to_the_disk_once(visitor: Visitor, door: str) -> None:
    data, web = big_file(), web_process(visitor)
    files = [("files", (f"{door}.docx", data))]
    before = written(web)
    if door == "form":
        visitor.submit("/library/c/large/", {}, to="/library/c/large/upload/", files=files)
    else:
        visitor.program.post("/api/v1/collections/large/documents", files=files).raise_for_status()

    assert len(data) <= written(web) - before < 1.3 * len(data)
    assert incoming(visitor) == []


@pytest.mark.parametrize("stranger", ["anonymous", "forged"])
def test_a_stranger_s_upload_is_written_nowhere(visitor: Visitor, stranger: str) -> None:
    web = web_process(visitor)
    sender = httpx.Client(base_url=visitor.installation.url, timeout=READ_S)
    if stranger == "forged":
        sender.cookies = visitor.page.cookies
    before = written(web)
    with sender:
        reply = sender.post("/library/c/large/upload/", files=[("files", ("a.docx", big_file()))])

    assert reply.status_code == (403 if stranger == "forged" else 302)
    assert written(web) - before < 1 << 20
    assert incoming(visitor) == []


def test_an_upload_that_breaks_off_leaves_nothing(visitor: Visitor) -> None:
    key = visitor.program.headers["Authorization"]
    head = (
        "POST /api/v1/collections/large/documents HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Authorization: {key}\r\nContent-Length: {SIZE}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="files"; filename="half.log"\r\n\r\n'
    )
    with socket.create_connection(("127.0.0.1", visitor.installation.port)) as sender:
        sender.sendall(head.encode() + b"A line of a log.\n\n" * 100_000)
        wait_until(lambda: incoming(visitor), timeout_s=READ_S, what="the upload is arriving")
    wait_until(lambda: not incoming(visitor), timeout_s=READ_S, what="nothing is left of it")
    assert "half.log" not in [row["name"] for row in visitor.documents("large")]
