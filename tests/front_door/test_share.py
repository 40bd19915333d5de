"""A share through the front door: kept in step by a started installation; two people ask, and answers follow what changes there."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from bench.harness.site import READ_S
from tests.front_door.visitor import Visitor

PEOPLE = """
from django.contrib.auth.models import Group
from accounts.models import User
staff, finance = Group.objects.create(name="Staff"), Group.objects.create(name="Finance")
for name, groups in (("erin", [staff, finance]), ("tao", [staff])):
    User.objects.create_user(username=name, password="correct horse 7").groups.set(groups)
"""
BUDGET, LEAVE = "What is the marketing budget for 2026?", "How many weeks does parental leave last?"
WAIT_S = 120


class Share:
    """A folder that an installation keeps in step, and who asks."""

    def __init__(self, visitor: Visitor) -> None:
        self.root = visitor.shares / "share"
        self.write("Finance/2026/budget.md", "# Budget 2026\n\nThe marketing budget for 2026 is 40,000 euros.\n", mode=0o640)
        self.write("leave.md", "# Parental leave\n\nParental leave lasts fourteen weeks.\n", mode=0o644)
        self.installation, self.admin = visitor.installation, visitor.program
        self.manage("shell", "-c", PEOPLE)
        self.erin, self.tao = self.reader("erin"), self.reader("tao")

    def write(self, name: str, text: str, *, mode: int) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self.root, *(parent for parent in path.parents if parent.is_relative_to(self.root))):
            folder.chmod(0o755)
        path.write_text(text)
        path.chmod(mode)
        return path

    def manage(self, *arguments: str) -> str:
        done = self.installation.manage(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def reader(self, name: str) -> httpx.Client:
        key = self.manage("create_api_key", "--user", name, "--scope", "ask", "--scope", "read", "--days", "7")
        return httpx.Client(base_url=self.installation.url, headers={"Authorization": f"Bearer {key}"}, timeout=READ_S)

    def keep_in_step(self) -> str:
        """Add the folder over REST, say who its group is, look at the preview, start it. Returns: its uid."""
        assert (
            self.admin.post("/api/v1/collections", json={"name": "Share", "slug": "share", "groups": ["Staff"]}).status_code == 201
        )
        made = self.admin.post(
            "/api/v1/sources",
            json={
                "collection": "share",
                "name": "Share",
                "kind": "folder",
                "options": {"path": str(self.root)},
                "interval_minutes": 5,
            },
        )
        assert made.status_code == 201, made.text
        uid: str = made.json()["uid"]
        rule = {"kind": "group", "id": str((self.root / "leave.md").stat().st_gid), "groups": ["Finance"]}
        assert self.admin.put(f"/api/v1/sources/{uid}/rules", json=rule).status_code == 200
        samples = self.admin.get(f"/api/v1/sources/{uid}/preview").json()["samples"]
        assert [(one["where"], one["here"]["groups"], one["here"]["everyone"]) for one in samples] == [
            ("Finance › 2026", ["Finance"], False),
            ("", [], True),
        ]
        assert self.admin.post(f"/api/v1/sources/{uid}/actions/start").status_code == 202
        return uid

    def ask(self, who: httpx.Client, question: str) -> dict:
        reply = who.post("/api/v1/ask", json={"question": question, "collection": "share"})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def answers(self, question: str) -> str:
        return " ".join(name for name in ("erin", "tao") if self.ask(getattr(self, name), question)["outcome"] == "answered")

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.5)


@pytest.fixture(scope="module")
def share(visitor: Visitor) -> Iterator[Share]:
    share = Share(visitor)
    yield share
    share.erin.close()
    share.tao.close()


def test_two_people_ask_and_the_answers_follow_the_share(share: Share) -> None:
    uid = share.keep_in_step()
    share.wait_until(lambda: share.admin.get("/api/v1/collections/share/documents?state=ready").json()["count"] == 2)
    assert (share.answers(BUDGET), share.answers(LEAVE)) == ("erin", "erin tao")
    citation = share.ask(share.erin, BUDGET)["citations"][0]
    assert (citation["origin"], citation["original_url"]) == ("Share › Finance › 2026", "")

    (share.root / "Finance/2026/budget.md").chmod(0o600)
    assert "1 rights" in share.manage("sync_sources", "Share")
    assert share.answers(BUDGET) == ""
    (share.root / "Finance/2026/budget.md").chmod(0o644)
    share.manage("sync_sources", "Share")
    assert share.answers(BUDGET) == "erin tao"

    (share.root / "leave.md").unlink()
    assert "1 deleted" in share.manage("sync_sources", "Share")
    assert share.answers(LEAVE) == ""
    items = share.admin.get(f"/api/v1/sources/{uid}/items").json()
    assert [(one["name"], one["state"], one["error"]) for one in items] == [("budget.md", "kept", None)]
    assert "Share\tfolder" in share.manage("sync_sources", "--list")
