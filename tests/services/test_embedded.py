"""Web, worker and beat on SQLite and the filesystem broker: a worker is killed, and all of them are."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from bench.harness.site import READ_S, Site, wait_until, write_book
from tests.services.delivery import read_what_is_delivered_twice


def test_documents_are_read_though_a_worker_is_killed(embedded: Site) -> None:
    names = ["worker-1.md", "worker-2.md"]
    for name in names:
        embedded.upload(name, write_book(name))
    token, pid = next(iter(embedded.wait_until_embedding().items()))
    os.kill(pid, signal.SIGKILL)
    embedded.wait_until_taken_over({token: pid})
    embedded.wait_until_settled(*names)
    embedded.assert_whole()


def test_documents_are_read_though_everything_is_killed(embedded: Site) -> None:
    names = ["all-1.md", "all-2.md"]
    for name in names:
        embedded.upload(name, write_book(name))
    leases = embedded.wait_until_embedding()
    embedded.kill_everything()
    embedded.start()
    embedded.wait_until_taken_over(leases)
    embedded.wait_until_settled(*names)
    embedded.assert_whole()


def test_every_message_may_be_delivered_twice(embedded: Site) -> None:
    read_what_is_delivered_twice(embedded)


def test_reading_waits_while_the_disk_is_full_and_goes_on_when_there_is_room(embedded: Site) -> None:
    if not os.path.ismount(embedded.home):
        pytest.skip("only root may mount a small disk")
    embedded.upload("full-1.md", write_book("full-1"))
    embedded.wait_until_embedding()
    ballast = embedded.home / "ballast"
    fill_disk(ballast)
    try:
        refused = embedded.send_upload("full-2.md", write_book("full-2"))
        assert refused.status_code == 422
        assert "disk is full" in refused.json()["message"]
        wait_until(
            lambda: "disk is full" in embedded.get("/library/queue/").text,
            timeout_s=READ_S,
            what="the queue says so",
        )
        signing_in = embedded.try_to_sign_in("admin")
        assert signing_in.status_code == 503
        assert "disk is full" in signing_in.text
        assert embedded.statuses()["full-1.md"] != "failed"
        assert list((embedded.home / "files").rglob("*.part")) == []
    finally:
        ballast.unlink()
    assert embedded.installation.process.poll() is None
    embedded.wait_until_settled("full-1.md")
    assert "full-2.md" not in embedded.statuses()
    embedded.assert_whole()


def fill_disk(ballast: Path) -> None:
    """Leave no byte free."""
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 20))
            file.flush()
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x")
