import time
from email.message import EmailMessage

import pytest

from ingest.errors import UserFault
from ingest.parsers.refusal import Refusal
from tests.ingest.files import lines, pdf, write
from tests.ingest.store import read_file, read_in_child


def blocks_of(pages):
    return [(block.kind, page.text[block.start : block.end]) for page in pages for block in page.blocks]


def letter(subject="Canteen", text="It opens at noon.\n\nBring a card.\n"):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Åsa <asa@example.org>", "all@example.org"
    message["Date"] = "Mon, 02 Mar 2026 08:00:00 +0100"
    message.set_content(text)
    return message


def test_a_message_has_its_subject_its_people_and_its_words(tmp_path):
    opening, pages, notices = read_file(write(tmp_path, "a.eml", letter("Kantine – 食堂").as_bytes()))

    assert opening.title == "Kantine – 食堂"
    assert blocks_of(pages) == [
        ("heading", "Kantine – 食堂"),
        ("list", "From: Åsa <asa@example.org>\nTo: all@example.org\nDate: Mon, 02 Mar 2026 08:00:00 +0100"),
        ("paragraph", "It opens at noon."),
        ("paragraph", "Bring a card."),
    ]
    assert notices == []


def test_of_two_bodies_the_plain_one_is_read_once_and_html_where_it_is_alone(tmp_path):
    message = letter()
    message.add_alternative("<p>It opens at <b>noon</b>.</p>", subtype="html")
    alone = letter()
    alone.set_content("<h1>Menu</h1><p hidden>secret</p><ul><li>soup</li></ul>", subtype="html")
    _, pages, _ = read_file(write(tmp_path, "a.eml", message.as_bytes()))
    _, others, _ = read_file(write(tmp_path, "b.eml", alone.as_bytes()))

    assert sum(text.count("noon") for _, text in blocks_of(pages)) == 1
    assert blocks_of(others)[2:] == [("heading", "Menu"), ("list", "- soup")]


def test_attachments_are_read_below_their_names_and_others_are_named(tmp_path):
    message = letter()
    report = pdf(lines("Noise limits apply"), lines("Second page words"))
    message.add_attachment(report, maintype="application", subtype="pdf", filename="report.pdf")
    message.add_attachment(b"Name,Age\nAda,36\n", maintype="text", subtype="csv", filename="people.csv")
    message.add_attachment(b"PK\x03\x04nothing", maintype="application", subtype="zip", filename="all.zip")
    message.add_attachment(b"%PDF-1.7 broken", maintype="application", subtype="pdf", filename="broken.pdf")
    message.add_attachment(letter("Forwarded", "The old rule."))
    _, pages, notices = read_file(write(tmp_path, "a.eml", message.as_bytes()))
    blocks = [(page.text[block.start : block.end], block.heading_path) for page in pages for block in page.blocks]

    assert ("Second page words", ("Canteen", "report.pdf", "Page 2")) in blocks
    assert ("Name: Ada; Age: 36", ("Canteen", "people.csv")) in blocks
    assert ("The old rule.", ("Canteen", "Forwarded")) in blocks
    assert [(notice.code, notice.values) for notice in notices] == [("attachments", {"names": "all.zip, broken.pdf"})]


def test_words_in_a_wrong_or_missing_encoding_are_read_all_the_same(tmp_path):
    head = b"Subject: Regeln\r\nFrom: a@example.org\r\nContent-Type: text/plain; charset=%s\r\n\r\n"
    text = "这是一个中文的文件，我们在这里说明员工的休假规定。员工每年有十天的年假。" * 3
    for charset, codec in ((b"utf-8", "gb18030"), (b"x-unknown", "utf-8"), (b"big5", "utf-8")):
        _, pages, _ = read_file(write(tmp_path, "a.eml", head % charset + text.encode(codec)))
        assert text in pages[0].text


def nested(depth):
    text = "Subject: core\n\ninnermost words\n"
    for number in range(depth):
        text = f"Subject: level {number}\nContent-Type: message/rfc822\n\n{text}"
    return text


def test_messages_within_messages_are_read_to_a_depth(tmp_path):
    _, shallow, _ = read_file(write(tmp_path, "a.eml", nested(2)))
    _, deep, notices = read_file(write(tmp_path, "b.eml", nested(8)))

    assert "innermost words" in shallow[0].text
    assert "innermost words" not in deep[0].text
    assert [notice.code for notice in notices] == ["attachments"]


@pytest.mark.parametrize(
    "content",
    [
        nested(1000),
        "Subject: a\nContent-Type: multipart/mixed; boundary=b\n\n" + "--b\nContent-Type: text/plain\n\nx\n" * 10_000 + "--b--\n",
        "Subject: a\nX-Long: " + "a " * 5_000_000 + "\n\nbody\n",
    ],
    ids=["nested", "parts", "header"],
)
def test_messages_without_measure_are_refused_quickly(tmp_path, content):
    started = time.monotonic()
    with pytest.raises(UserFault) as refused:
        list(read_in_child(write(tmp_path, "a.eml", content)))

    assert refused.value.code in ("too_nested", "too_complex")
    assert time.monotonic() - started < 30


def test_a_large_attachment_is_read_in_the_sandbox_too(tmp_path):
    message = letter()
    text = "".join(f"Line {number} of the log.\n\n" for number in range(120_000))
    message.add_attachment(text.encode(), maintype="text", subtype="plain", filename="log.txt")
    last = ""
    for item in read_in_child(write(tmp_path, "a.eml", message.as_bytes())):
        last = getattr(item, "text", last)

    assert last.endswith("Line 119999 of the log.")


def test_what_is_no_message_is_refused(tmp_path):
    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "a.eml", "just words\nand more\n"))

    assert refused.value.code == "mismatch"


def test_each_object_of_json_lines_is_a_section(tmp_path):
    long = "The rule is this. " * 20
    content = (
        '{"title": "Badges", "owner": {"team": "Security", "tags": ["a", 1]}, "void": null, "text": "' + long + '"}\n'
        'not json\n\n{"count": 3, "ok": true}\n{}\n"a plain string"\n'
    )
    _, pages, notices = read_file(write(tmp_path, "a.jsonl", content))

    assert blocks_of(pages) == [
        ("heading", "Badges"),
        ("list", "title: Badges\nowner.team: Security\nowner.tags: a, 1"),
        ("paragraph", "text: " + long.strip()),
        ("heading", "#4"),
        ("list", "count: 3\nok: true"),
        ("heading", "#5"),
        ("heading", "#6"),
        ("list", "a plain string"),
    ]
    assert [(notice.code, notice.values) for notice in notices] == [("bad_rows", {"count": 1})]


@pytest.mark.parametrize("content", ["plain words\n", "[" * 100_000 + "\n"])
def test_json_lines_without_json_are_refused(tmp_path, content):
    with pytest.raises((Refusal, RecursionError)) as refused:
        read_file(write(tmp_path, "a.jsonl", content))

    assert refused.type is RecursionError or refused.value.code == "damaged"
