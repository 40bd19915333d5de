"""Web, worker and beat on a real PostgreSQL and a real Redis: the main job, and what becomes of it when one of them dies."""

import contextlib
import os
import re
import signal
import time

import pytest

from bench.harness.servers import Postgres, Redis
from bench.harness.site import READ_S, SLUG, Site, wait_until, write_book
from tests.services.delivery import read_what_is_delivered_twice

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

LEAVE = """# Parental leave

Every parent may take 26 weeks of paid parental leave after the birth or adoption of a child.

Parental leave is asked for in writing, at least eight weeks before it begins.
"""


def test_an_upload_becomes_an_answer_with_a_receipt(production: Site) -> None:
    production.upload("leave.md", LEAVE)
    page = f"/library/c/{SLUG}/"
    wait_until(
        lambda: re.search(r"badge--ok.*Ready", production.get(page).text),
        timeout_s=READ_S,
        what="the page calls the document ready",
    )
    events = production.ask("How many weeks of paid parental leave may a parent take?")

    assert "26 weeks" in events["done"][-1]
    assert "26 weeks" in events["answer"][-1]
    assert "failed" not in events
    [(state, receipt, recorded)] = production.rows(
        "SELECT t.state, t.receipt, e.action FROM chat_turn t JOIN audit_event e ON CAST(e.uid AS TEXT) = t.receipt"
    )
    assert (state, recorded) == ("answered", "question.answered")

    made = production.installation.manage("create_account", "ada", "--role", "auditor", "--link")
    path = re.search(r"Link: https?://[^/]+(\S+)", made.stdout)[1]
    with contextlib.closing(production.sign_in_by_link(path)) as auditor:
        shown = production.get(f"/audit/receipts/{receipt}/", browser=auditor)
    assert shown.status_code == 200
    assert "26 weeks" in shown.text
    assert production.get(f"/audit/receipts/{receipt}/").status_code == 404  # a knowledge admin is no auditor
    production.assert_whole()


def test_documents_are_read_though_a_worker_is_killed(production: Site) -> None:
    names = ["worker-1.md", "worker-2.md"]
    for name in names:
        production.upload(name, write_book(name))
    leases = production.wait_until_embedding()
    token, pid = next(iter(leases.items()))
    os.kill(pid, signal.SIGKILL)
    production.wait_until_taken_over({token: pid})
    production.wait_until_settled(*names)
    production.assert_whole()


def test_documents_are_read_though_the_whole_worker_is_killed(production: Site) -> None:
    production.upload("whole-1.md", write_book("whole-1"))
    leases = production.wait_until_embedding()
    os.kill(production.find_processes(b"worker")[0], signal.SIGKILL)  # the process above those that read
    production.wait_until_taken_over(leases)
    production.wait_until_settled("whole-1.md")
    production.assert_whole()


def test_documents_are_read_though_redis_is_killed_and_comes_back_empty(production: Site, redis: Redis) -> None:
    production.upload("redis-1.md", write_book("redis-1"))
    production.upload("redis-2.md", write_book("redis-2"))
    production.wait_until_embedding()
    redis.kill()
    began = time.monotonic()
    production.upload("redis-3.md", write_book("redis-3", sections=5))  # nobody can be called
    assert time.monotonic() - began < 60  # retries would go on for as long as Redis is unavailable
    redis.start()
    wait_until(
        lambda: production.statuses()["redis-3.md"] != "uploaded", timeout_s=READ_S, what="what was accepted meanwhile is begun"
    )
    production.wait_until_settled("redis-1.md", "redis-2.md", "redis-3.md")
    production.assert_whole()


def test_every_message_may_be_delivered_twice(production: Site) -> None:
    read_what_is_delivered_twice(production)


def test_documents_are_read_though_postgresql_crashes(production: Site, postgres: Postgres) -> None:
    names = ["postgres-1.md", "postgres-2.md"]
    for name in names:
        production.upload(name, write_book(name))
    leases = production.wait_until_embedding()
    postgres.crash()
    assert production.probe("/healthz") == 200
    assert production.probe("/readyz") == 503
    assert production.get("/").status_code >= 500
    postgres.start()
    assert production.probe("/readyz") == 200
    assert production.get("/").status_code == 200
    production.wait_until_taken_over(leases)
    production.wait_until_settled(*names)
    production.assert_whole()
