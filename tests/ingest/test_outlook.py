"""Messages of Outlook are read as mails are: people, dates, quoted mails, attachments."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.parsers.mail.compressed_rtf import decompress_rtf
from ingest.parsers.refusal import Refusal
from tests.ingest.files import write
from tests.ingest.ole_files import ole
from tests.ingest.outlook_files import message, msg
from tests.ingest.store import read_file

SUBJECT, BODY, SENDER, ADDRESS = 0x0037, 0x1000, 0x0C1A, 0x5D01
SENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_a_message_is_read_with_sender_recipients_date_and_text(tmp_path: Path) -> None:
    made = msg(
        {SUBJECT: "价格 2026", SENDER: "Ada Stone", ADDRESS: "ada@example.com", BODY: "The rate is 12 euros.\r\n\r\nAda\r\n"},
        sent=SENT,
        people=[("Bob Field", "bob@example.com", 1), ("李雷", "li@example.com", 2)],
        files=[("rates.txt", b"The night rate is 9 euros.\n"), ("tool.exe", b"MZ\0\1\2" * 40)],
    )
    opening, pages, notices = read_file(write(tmp_path, "a.msg", made))

    text = "\n".join(page.text for page in pages)
    assert opening.title == "价格 2026"
    assert opening.metadata == {"author": "Ada Stone <ada@example.com>", "created": "Mon, 02 Mar 2026 09:30:00 +0000"}
    assert "To: Bob Field <bob@example.com>\nCc: 李雷 <li@example.com>" in text
    assert "The rate is 12 euros." in text
    assert "rates.txt\n\nThe night rate is 9 euros." in text
    assert [(notice.code, notice.values) for notice in notices] == [("attachments", {"names": "tool.exe"})]


def test_a_message_in_a_message_and_what_it_quotes_are_distinguished(tmp_path: Path) -> None:
    inner = message({SUBJECT: "Old rate", SENDER: "Carl", BODY: "The rate was 8 euros."}, sent=SENT, is_root=False)
    body = "It is 12 now.\n\nOn Mon, 2 Feb 2026 at 10:00, Bob Field <bob@example.com> wrote:\n> Is it 8 euros?\n"
    _, pages, notices = read_file(write(tmp_path, "a.msg", msg({SUBJECT: "New", BODY: body}, inner=[inner])))

    (page,) = pages
    quoted = next(block for block in page.blocks if page.text[block.start : block.end] == "Is it 8 euros?")
    assert quoted.heading_path[-1] == "Earlier message from Bob Field <bob@example.com>, Mon, 2 Feb 2026 at 10:00"
    old = next(block for block in page.blocks if page.text[block.start : block.end] == "The rate was 8 euros.")
    assert old.heading_path[-1] == "Old rate"
    assert notices == []


def test_a_page_stands_in_for_a_missing_text(tmp_path: Path) -> None:
    page = b"<html><body><p>The gate opens at <b>7:40</b>.</p></body></html>"
    _, pages, _ = read_file(write(tmp_path, "a.msg", msg({SUBJECT: "Gate", 0x1013: page})))
    assert "The gate opens at 7:40." in pages[0].text


def test_a_large_message_lies_in_large_streams(tmp_path: Path) -> None:
    body = "".join(f"Line {number} of the log says nothing new.\n\n" for number in range(400)) + "The end is near 4711."
    _, pages, _ = read_file(write(tmp_path, "a.msg", msg({SUBJECT: "Log", BODY: body})))
    assert "The end is near 4711." in pages[-1].text


@pytest.mark.parametrize("cut", [700, 1100, 2000])
def test_half_a_message_is_damaged(tmp_path: Path, cut: int) -> None:
    made = msg({SUBJECT: "Rates", BODY: "The rate is 12 euros. " * 300})
    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "a.msg", made[:cut]))
    assert refused.value.code in ("damaged", "legacy")


def test_another_container_is_no_message(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "a.msg", ole({"Contents": b"x" * 5000})))
    assert refused.value.code == "legacy"


def test_packed_rtf_is_unpacked_as_its_specification_shows() -> None:
    # The two examples of [MS-OXRTFCP], sections 4.1.1 and 4.1.2.
    simple = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0".replace(" ", "")
    )
    assert decompress_rtf(simple) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    crossing = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert decompress_rtf(crossing) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    plain = struct.pack("<II4sI", 20, 6, b"MELA", 0) + b"{\\rtf}"
    assert decompress_rtf(plain) == b"{\\rtf}"
