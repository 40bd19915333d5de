"""Files embedded in a PDF are read as attachments of an e-mail are."""

import io

import pypdf
import pytest

from ingest.parsers.content import ParsedPage
from tests.ingest.files import lines, pdf, write
from tests.ingest.store import read_file, read_here


def with_attachments(data: bytes, files: dict[str, bytes]) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    for name, content in files.items():
        writer.add_attachment(name, content)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.fixture
def path(tmp_path):
    inner = with_attachments(
        pdf(lines("The annex names three sites."), lines("The second page of it.")), {"deep.txt": b"Very deep."}
    )
    outer = pdf(lines("The contract begins in March."), lines("It ends in June."))
    files = {"prices.csv": b"Item,Price\nPan,30\n", "annex.pdf": inner, "tool.exe": b"MZ\x00\x01\x02" * 50}
    return write(tmp_path, "contract.pdf", with_attachments(outer, files))


def test_attachments_follow_the_pages_under_their_names(path):
    opening, pages, notices = read_file(path)

    assert (opening.page_count, [page.number for page in pages]) == (2, [1, 2, 3, 4])
    assert {page.label: page.text for page in pages[2:]} == {
        "Attachment annex.pdf": "annex.pdf\n\nPage 1\n\nThe annex names three sites.\n\nPage 2\n\nThe second page of it."
        "\n\ndeep.txt\n\nVery deep.",
        "Attachment prices.csv": "prices.csv\n\nItem | Price\n\nItem: Pan; Price: 30",
    }
    assert [notice.values for notice in notices if notice.code == "attachments"] == [{"names": "tool.exe"}]


def test_reading_goes_on_in_the_attachments(path):
    first = [page for page in read_here(path) if isinstance(page, ParsedPage)]
    again = [page for page in read_here(path, first_page=4) if isinstance(page, ParsedPage)]

    assert again == first[3:]
