"""A file of one's own: attached to a conversation, asked about, its citation opened, gone with the conversation."""

import time

import pytest

from bench.harness.site import READ_S
from tests.front_door.visitor import Visitor

LETTER = b"# Offer 4711\n\nThe Kendal boat yard offers nine rowing boats for 5,400 pounds. The offer is valid until 31 May.\n"
QUESTION = "How many rowing boats does the yard offer?"


def attached(visitor: Visitor, door: str) -> str:
    """Return the conversation that begins with the file."""
    files = [("files", ("offer.md", LETTER))]
    if door == "rest":
        reply = visitor.program.post("/api/v1/conversations/files", files=files)
        assert reply.status_code == 202, reply.text
        return str(reply.json()["conversation"])
    visitor.make_collection("yard")  # without a collection there is no question to attach anything to
    shown = visitor.submit("/", {}, to="/attach/", files=files)
    return shown.url.path.strip("/").rpartition("/")[2]


@pytest.mark.parametrize("door", ["form", "rest"])
def test_a_file_is_asked_about_and_goes_with_its_conversation(visitor: Visitor, door: str) -> None:
    uid = attached(visitor, door)
    address, deadline = f"/api/v1/conversations/{uid}", time.monotonic() + READ_S
    while not (files := visitor.program.get(f"{address}/files").json()["files"])[0]["ready"]:
        assert time.monotonic() < deadline and not files[0]["error"], files
        time.sleep(0.2)
    reply = visitor.program.post("/api/v1/ask", json={"question": QUESTION, "conversation": uid})

    assert "nine" in reply.json()["answer"], reply.text
    marked, _boxes = visitor.open_citation(reply.json()["citations"][0])
    assert "nine rowing boats" in marked
    elsewhere = visitor.program.post("/api/v1/ask", json={"question": QUESTION}).json()
    assert "offer" not in [one["document"] for one in elsewhere["citations"]]
    assert visitor.program.delete(address).status_code == 204
    assert visitor.program.get(f"/api/v1/documents/{files[0]['uid']}").status_code == 404
