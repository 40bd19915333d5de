"""Books, web archives and zips of documents: read in their order, within limits, each part under its name."""

import io
import zipfile
from pathlib import Path

import pytest

from ingest.parsers.content import Notice, ParsedPage
from ingest.parsers.refusal import Refusal
from tests.ingest.container_files import epub, web_archive, zipped
from tests.ingest.files import write
from tests.ingest.outlook_files import msg
from tests.ingest.store import read_file


def text_of(pages: list[ParsedPage]) -> str:
    return "\n\n".join(page.text for page in pages)


def as_pairs(notices: list[Notice]) -> list[tuple[str, object]]:
    return [(notice.code, notice.values) for notice in notices]


def refused(path: Path) -> str:
    with pytest.raises(Refusal) as refusal:
        read_file(path)
    return refusal.value.code


# --- EPUB ---


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    chapters = [
        "<h1>Third</h1><p>The end.</p>",
        "<h1>First</h1><p>The <s>40</s> 60 euros.</p>",
        "<h1>Second</h1><p>The middle.</p>",
    ]
    opening, pages, notices = read_file(write(tmp_path, "a.epub", epub(chapters, title="Fees &amp; rates", order=(2, 3, 1))))

    assert (opening.title, opening.metadata) == ("Fees & rates", {"author": "Ada Stone"})
    assert text_of(pages) == "First\n\nThe 60 euros.\n\nSecond\n\nThe middle.\n\nThird\n\nThe end.\n\nAuthor: Ada Stone"
    assert [block.heading_path for page in pages for block in page.blocks if block.kind == "paragraph"] == [
        ("First",),
        ("Second",),
        ("Third",),
    ]
    assert as_pairs(notices) == [("struck_out", {"count": 1, "places": "“40”"})]


def test_a_chapter_that_is_missing_is_reported(tmp_path: Path) -> None:
    _, pages, notices = read_file(write(tmp_path, "a.epub", epub(["<p>Here.</p>"], order=(1, 2))))
    assert text_of(pages) == "Here.\n\nAuthor: Ada Stone"
    assert as_pairs(notices) == [("broken_parts", {"count": 1, "places": "“chapter 2.xhtml”"})]


@pytest.mark.parametrize(("hidden", "code"), [("OEBPS/text/chapter%201.xhtml", "locked"), ("OEBPS/fonts/a.otf", "")])
def test_a_book_with_rights_management_is_locked_one_with_hidden_fonts_is_not(tmp_path: Path, hidden: str, code: str) -> None:
    rights = f'<encryption xmlns="urn:x"><d:CipherReference xmlns:d="urn:d" URI="{hidden}"/></encryption>'
    path = write(tmp_path, "a.epub", epub(["<p>Here.</p>"], more={"META-INF/encryption.xml": rights.encode()}))
    if code:
        assert refused(path) == code
    else:
        assert text_of(read_file(path)[1]) == "Here.\n\nAuthor: Ada Stone"


def test_entities_of_a_book_are_not_expanded(tmp_path: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><container>&a;</container>'
    made = zipped({"mimetype": b"application/epub+zip", "META-INF/container.xml": bomb})
    assert refused(write(tmp_path, "a.epub", made)) == "damaged"


# --- MHT ---


def test_a_web_archive_is_read_with_the_sheets_in_its_frames(tmp_path: Path) -> None:
    frames = (
        '<html><head><title>Prices</title></head><frameset><frame src="sheet001.htm"><frame src="tabstrip.htm"></frameset></html>'
    )
    sheets = {
        "sheet001.htm": "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Pan</td><td>30 €</td></tr></table>",
        "tabstrip.htm": "<p>Sheet1</p>",
        "advertisement.htm": "<p>Buy now</p>",
    }
    opening, pages, _ = read_file(write(tmp_path, "a.mhtml", web_archive(frames, sheets=sheets)))
    assert opening.title == "Prices"
    assert text_of(pages) == "Item | Price\nPan | 30 €"


def test_a_web_archive_without_a_page_is_damaged(tmp_path: Path) -> None:
    assert refused(write(tmp_path, "a.mht", b"From: x\nContent-Type: text/plain\n\nWords.\n")) == "damaged"


# --- ZIP ---


def test_each_file_of_a_zip_stands_on_pages_with_its_name(tmp_path: Path) -> None:
    files = {
        "rates/2026.csv": b"City,Limit\nParis,180\n",
        "letter.msg": msg({0x0037: "Rate", 0x1000: "It is 12 euros."}),
        "费率.txt": "上限是 180 欧元。".encode("gb18030"),
        "tool.exe": b"MZ\0\1\2" * 50,
        "__MACOSX/._letter.msg": b"x",
    }
    _, pages, notices = read_file(write(tmp_path, "a.zip", zipped(files)))

    assert [(page.number, page.label) for page in pages] == [
        (1, "File rates/2026.csv"),
        (2, "File letter.msg"),
        (3, "File 费率.txt"),
    ]
    assert "City: Paris; Limit: 180" in pages[0].text
    assert "It is 12 euros." in pages[1].text
    assert "上限是 180 欧元。" in pages[2].text
    assert all(page.blocks[0].kind == "heading" for page in pages)
    assert as_pairs(notices) == [("files", {"names": "tool.exe"})]


def test_a_name_in_the_encoding_of_its_system_is_read(tmp_path: Path) -> None:
    made = zipped({"AAAAAAAA.txt": b"The rate is 12 euros."}).replace(b"AAAAAAAA", "员工手册".encode("gb18030"))
    _, (page,), _ = read_file(write(tmp_path, "a.zip", made))
    assert page.label == "File 员工手册.txt"


def test_a_path_from_the_root_is_a_name_and_nothing_else(tmp_path: Path) -> None:
    names = ("/b.txt", "C:\\docs\\c.txt")
    _, pages, _ = read_file(write(tmp_path, "a.zip", zipped(dict.fromkeys(names, b"Words."))))
    assert [page.label for page in pages] == ["File b.txt", "File docs/c.txt"]


@pytest.mark.parametrize("name", ["../../etc/cron.d/a.txt", "docs/../../a.txt", "..\\a.txt"])
def test_a_path_that_leads_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(write(tmp_path, "a.zip", zipped({"b.txt": b"Words.", name: b"Words."}))) == "unsafe_paths"


def test_a_zip_in_a_zip_is_opened_and_one_in_that_is_not(tmp_path: Path) -> None:
    once = zipped({"a.txt": b"The deepest words."})
    twice = zipped({"once.zip": once, "b.txt": b"Beside it."})
    _, pages, notices = read_file(write(tmp_path, "a.zip", twice))
    assert [page.label for page in pages] == ["File once.zip", "File b.txt"]
    assert pages[0].text == "once.zip\n\na.txt\n\nThe deepest words."
    assert notices == []

    _, pages, notices = read_file(write(tmp_path, "b.zip", zipped({"twice.zip": twice})))
    assert "deepest" not in text_of(pages)
    assert "Beside it." in text_of(pages)
    assert as_pairs(notices) == [("files", {"names": "once.zip"})]
    assert refused(write(tmp_path, "c.zip", zipped({"b.zip": zipped({"a.zip": once})}))) == "no_documents"


def locked(data: bytes, count: int) -> bytes:
    """Mark the first entries as encrypted, as a packer does with a password."""
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = 0
        for _ in range(count):
            at = data.index(signature, at) + offset
            data = data[:at] + bytes([data[at] | 1]) + data[at + 1 :]
    return data


@pytest.mark.parametrize("count", [1, 2])
def test_an_archive_with_a_password_on_any_file_is_refused(tmp_path: Path, count: int) -> None:
    made = zipped({"secret.txt": b"Hidden.", "open.txt": b"The gate opens at seven."})
    assert refused(write(tmp_path, "a.zip", locked(made, count))) == "locked"


def test_an_entry_that_points_elsewhere_is_not_followed(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("open.txt", "The gate opens at seven.")
    _, pages, notices = read_file(write(tmp_path, "a.zip", stream.getvalue()))
    assert [page.label for page in pages] == ["File open.txt"]
    assert as_pairs(notices) == [("files", {"names": "link.txt"})]


@pytest.mark.parametrize(
    "files",
    [
        {"zeros.txt": b"0" * (40 << 20)},
        {f"{number}.txt": b"0123456789abcdef" * (1 << 20) for number in range(20)},
        {f"{number}": b"" for number in range(50_001)},
    ],
    ids=["ratio", "total", "entries"],
)
def test_a_bomb_is_not_opened(tmp_path: Path, files: dict[str, bytes]) -> None:
    assert refused(write(tmp_path, "a.zip", zipped(files))) == "bomb"


def test_a_zip_without_documents_says_so(tmp_path: Path) -> None:
    assert refused(write(tmp_path, "a.zip", zipped({"tool.exe": b"MZ\0\1\2" * 50}))) == "no_documents"


def test_an_office_file_named_zip_is_read_as_what_it_is(tmp_path: Path) -> None:
    _, pages, _ = read_file(write(tmp_path, "book.zip", epub(["<p>Here.</p>"])))
    assert text_of(pages) == "Here.\n\nAuthor: Ada Stone"
