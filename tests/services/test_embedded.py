"""Web, worker and beat on SQLite and the filesystem broker: a worker is killed, and all of them are."""

import os
import signal

from tests.services.site import Site, write_book


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
