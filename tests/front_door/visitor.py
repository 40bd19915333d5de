"""A person at the front door of a served installation: files go in as people and programs send them, and questions follow."""

import html
import re
from pathlib import Path
from typing import Any

import httpx

from bench.harness.served import Installation
from bench.harness.site import READ_S, wait_until
from tests.front_door.files import Sample, mail

ENVIRONMENT = {
    "ATTEST_DEMO": "0",
    "ATTEST_RATE_ASK_PER_MINUTE": "0",
    "ATTEST_RATE_KEY_PER_MINUTE": "0",
    "ATTEST_RATE_SEARCH_PER_MINUTE": "0",
}


class Visitor:
    """The administrator of an installation, signed in, and a program of theirs with a key."""

    def __init__(self, home: Path) -> None:
        self.home, self.shares = home / "data", home / "srv"  # folders that may be kept in step lie in the second
        self.installation = Installation(self.home, **ENVIRONMENT, ATTEST_SOURCE_FOLDERS=str(self.shares))
        try:
            self.installation.wait_until_ready()
            self.page = httpx.Client(base_url=self.installation.url, follow_redirects=True, timeout=READ_S)
            self.submit("/accounts/login/", {"login": "admin", "password": self.installation.password("admin")})
            made = self.installation.manage(
                "create_api_key", "--user", "admin", *("--scope", "ask", "--scope", "read", "--scope", "manage"), "--days", "7"
            )
            assert made.returncode == 0, made.stderr
            bearer = {"Authorization": f"Bearer {made.stdout.strip()}"}
            self.program = httpx.Client(base_url=self.installation.url, headers=bearer, timeout=READ_S)
        except BaseException:
            self.installation.stop()
            raise

    def leave(self) -> None:
        self.page.close()
        self.program.close()
        self.installation.stop()

    def submit(self, address: str, fields: dict[str, str], **more: Any) -> httpx.Response:
        """Send the form of a page as a browser without scripts does, its hidden token first."""
        shown = self.page.get(address).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
        assert token, shown
        target = more.pop("to", address)
        reply = self.page.post(target, data={"csrfmiddlewaretoken": token.group(1), **fields}, headers={"Referer": address}, **more)
        assert reply.status_code == 200, reply.text
        return reply

    def make_collection(self, slug: str) -> None:
        reply = self.program.post("/api/v1/collections", json={"name": slug.title(), "slug": slug})
        assert reply.status_code == 201, reply.text

    # --- the doors ---

    def send_by_form(self, slug: str, samples: list[Sample]) -> None:
        """Choose all files in the form of the collection's page."""
        files = [("files", (sample.name, sample.data)) for sample in samples]
        self.submit(f"/library/c/{slug}/", {}, to=f"/library/c/{slug}/upload/", files=files)

    def send_by_rest(self, slug: str, samples: list[Sample]) -> None:
        files = [("files", (sample.name, sample.data)) for sample in samples]
        reply = self.program.post(f"/api/v1/collections/{slug}/documents", files=files)
        assert reply.status_code == 202, reply.text

    def send_by_command(self, slug: str, samples: list[Sample], *, folder: Path) -> None:
        for sample in samples:
            (folder / sample.name).write_bytes(sample.data)
        done = self.installation.manage("ingest", str(folder), "--collection", slug)
        assert done.returncode == 0, done.stdout + done.stderr

    def send_in_mails(self, slug: str, samples: list[Sample]) -> None:
        """Send each file as the attachment of a mail of its own."""
        for sample in samples:
            letter = mail(f"{sample.depot} depot", "Please find its register attached.", attachment=sample)
            files = [("files", (f"{Path(sample.name).stem}-mail.eml", letter.as_bytes()))]
            reply = self.program.post(f"/api/v1/collections/{slug}/documents", files=files)
            assert reply.status_code == 202, reply.text

    # --- what comes of it ---

    def wait_until_read(self, slug: str, count: int) -> None:
        """Wait until so many documents answer; fails with the reasons of those that do not."""

        def all_finished() -> bool:
            rows = self.documents(slug)
            return len(rows) == count and all(row["version"]["is_finished"] for row in rows)

        wait_until(all_finished, timeout_s=READ_S, what=f"{count} documents of {slug} are read")
        states = {row["name"]: (row["version"]["error"], row["version"]["warnings"]) for row in self.documents(slug)}
        failed = {name: error for name, (error, _) in states.items() if error}
        assert not failed, failed

    def documents(self, slug: str) -> list[dict]:
        return self.program.get(f"/api/v1/collections/{slug}/documents", params={"per_page": 200}).json()["items"]

    def ask(self, slug: str, question: str) -> dict:
        reply = self.program.post("/api/v1/ask", json={"question": question, "collection": slug})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def open_citation(self, citation: dict) -> tuple[str, int]:
        """Open the source of a citation in the browser. Returns: the words marked in the text, the boxes drawn on the picture."""
        address = f"/library/sources/{citation['version_uid']}/{citation['page_number']}/"
        reply = self.page.get(address, params={"start": citation["start"], "end": citation["end"]})
        assert reply.status_code == 200, reply.text
        marked = re.findall(r"<mark[^>]*>(.*?)</mark>", reply.text, re.DOTALL)
        drawn = re.search(r'<svg class="leaf__marks".*?</svg>', reply.text, re.DOTALL)
        if drawn:
            picture = self.page.get(f"{address}image.webp")
            assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
        return html.unescape(" ".join(marked)), drawn.group().count("<rect") if drawn else 0
