"""Small files that would swell, loop or nest without end are refused, or read within a bound of time and memory."""

import io
import time
import warnings
import zipfile
from email.message import EmailMessage

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.errors import MESSAGES, UserFault
from ingest.parsers.content import Notice, ParsedPage
from ingest.parsers.formats import registry
from ingest.parsers.refusal import Refusal
from tests.front_door.files import SAMPLES
from tests.ingest.files import docx_bytes, write
from tests.ingest.store import read_in_child

LIMIT_S = 60


def outcome(folder, name, content):
    """Return (code or "", text, notices) as an upload and its parsing in the sandbox give them, within LIMIT_S."""
    path = write(folder, name, content)
    started = time.monotonic()
    try:
        items = list(read_in_child(path))
    except (Refusal, UserFault) as error:
        assert error.code in MESSAGES
        code, items = error.code, []
    else:
        code = ""
    assert time.monotonic() - started < LIMIT_S
    text = "\n".join(item.text for item in items if isinstance(item, ParsedPage))
    return code, text, [item for item in items if isinstance(item, Notice)]


def word_file(document_xml=b"", extra=()):
    """A DOCX whose document.xml is replaced, with more entries beside it."""
    source = zipfile.ZipFile(io.BytesIO(docx_bytes(docx.Document())))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two entries with one name
        for name in source.namelist():
            data = source.read(name)
            archive.writestr(name, document_xml if document_xml and name == "word/document.xml" else data)
        for name in extra:
            archive.writestr(name, b"")
    return stream.getvalue()


def body(inner, doctype=""):
    return f"{doctype}<w:document {nsdecls('w')}><w:body>{inner}</w:body></w:document>".encode()


LAUGHS = '<!DOCTYPE w [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i} "' + f"&a{i - 1};" * 10 + '">' for i in range(1, 10)) + "]>"


def test_an_office_file_that_swells_is_refused_by_counting(tmp_path):
    code, _, _ = outcome(tmp_path, "a.docx", word_file(b" " * (200 << 20)))

    assert code == "bomb"


@pytest.mark.parametrize("names", [[f"x{i}" for i in range(50_001)], ["same"] * 50], ids=["many", "one name"])
def test_an_office_file_of_absurd_entries_is_refused(tmp_path, names):
    code, _, _ = outcome(tmp_path, "a.docx", word_file(extra=names))

    assert code in ("bomb", "damaged")


def test_entities_do_not_swell(tmp_path):
    inner = "<w:p><w:r><w:t>before &a9; after</w:t></w:r></w:p>"
    _, text, _ = outcome(tmp_path, "a.docx", word_file(body(inner, LAUGHS)))

    assert "haha" not in text


def test_tables_in_tables_end(tmp_path):
    depth = 10_000
    inner = "<w:tbl><w:tr><w:tc>" * depth + "<w:p><w:r><w:t>core</w:t></w:r></w:p>" + "</w:tc></w:tr></w:tbl>" * depth
    code, text, _ = outcome(tmp_path, "a.docx", word_file(body(inner)))

    assert code in ("too_complex", "damaged") or "core" in text


def test_archives_in_a_message_are_named_not_opened(tmp_path):
    inner = b"leaf"
    for level in range(6):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for number in range(10):
                archive.writestr(f"{level}-{number}.zip", inner)
        inner = stream.getvalue() if level < 3 else inner
    message = EmailMessage()
    message["Subject"] = "Archive"
    message.set_content("see attached")
    message.add_attachment(inner, maintype="application", subtype="zip", filename="nested.zip")
    code, text, notices = outcome(tmp_path, "a.eml", message.as_bytes())

    assert (code, [notice.values for notice in notices]) == ("", [{"names": "nested.zip"}])
    assert "see attached" in text


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.html", "<html><body " + "a " * 300_000 + "><p>core words</p>", "core words"),
        ("a.html", "<html><p>core words</p><!-- " + "x" * 1_000_000, "core words"),
        ("a.md", "core words\n\n" + "[" * 50_000, "core words"),
        ("a.md", "core words\n\n" + ">" * 50_000, "core words"),
        ("a.md", "core words\n\n" + "*" * 1_000_000, "core words"),
        ("a.txt", "core words\n\n" + "x" * 10_000_000, "core words"),
        ("a.txt", "core words\n\n" + "e" + "\u0301" * 500_000, "core words"),
    ],
    ids=["attributes", "comment", "brackets", "quotes", "stars", "one word", "accents"],
)
def test_text_without_measure_is_read_in_linear_time(tmp_path, name, content, wanted):
    code, text, _ = outcome(tmp_path, name, content)

    assert code == "too_complex" or wanted in text


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.svg", "<svg xmlns='http://www.w3.org/2000/svg'><text>x</text></svg>", "markup"),
        ("a.xml", "<?xml version='1.0'?><a>x</a>", "markup"),
        ("a.wps", "Words", "legacy"),
        ("a.gz", b"\x1f\x8b\x08\x00abc", "archive"),
        ("a.exe", b"MZ" + bytes(range(256)), "unknown_type"),
        ("a.txt", b"\0" * 1000, "empty"),
    ],
)
def test_what_is_not_read_is_refused_with_its_own_sentence(tmp_path, name, content, code):
    assert outcome(tmp_path, name, content)[0] == code


@pytest.mark.parametrize("kind", [registry.DOC, registry.XLS, registry.PPT], ids=["doc", "xls", "ppt"])
def test_a_compound_file_whose_sectors_go_in_a_ring_ends(tmp_path, kind):
    sample = SAMPLES[kind.media_type]
    data = bytearray(sample.data)
    table = 512 * (1 + int.from_bytes(data[76:80], "little"))  # where it stands which sector follows which
    directory = int.from_bytes(data[48:52], "little")
    data[table + 4 * directory : table + 4 * directory + 4] = directory.to_bytes(4, "little")

    code, text, _ = outcome(tmp_path, sample.name, bytes(data))

    assert code == "damaged" or str(sample.count) in text


def test_xml_from_a_document_is_parsed_without_its_entities():
    element = parse_xml(f'<!DOCTYPE w [<!ENTITY a "swollen">]><w:t {nsdecls("w")}>plain &a;</w:t>')

    assert "swollen" not in (element.text or "")
