"""Each accepted media type, through each door, until a question about it is answered with a citation that opens.

One installation as `scripts/run` serves it, with its store and its worker, for all of them.
"""

from pathlib import Path

import pytest

from ingest.parsers.formats.registry import FORMATS
from ingest.parsers.pictures import recognition as ocr
from tests.front_door.files import SAMPLES, Sample, mail
from tests.front_door.visitor import Visitor

DOORS = ("form", "rest", "command", "mail")
PAGED = {one.media_type for one in FORMATS if one.is_paged}  # shown as pictures, with boxes over them
SENT = [sample for sample in SAMPLES.values() if not sample.media_type.startswith("image/") or ocr.is_available()]


@pytest.fixture(scope="module", autouse=True)
def sent(visitor: Visitor, tmp_path_factory: pytest.TempPathFactory) -> None:
    """All files have gone through all doors and are read."""
    for door in DOORS:
        visitor.make_collection(door)
    visitor.send_by_form("form", SENT)
    visitor.send_by_rest("rest", SENT)
    visitor.send_in_mails("mail", SENT)
    visitor.send_by_command("command", SENT, folder=tmp_path_factory.mktemp("command"))
    for door in DOORS:
        visitor.wait_until_read(door, len(SENT))


def test_there_is_a_file_of_every_accepted_kind() -> None:
    assert set(SAMPLES) == {one.media_type for one in FORMATS if one.endings}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=[sample.name.rpartition(".")[2] for sample in SAMPLES.values()])
def test_a_file_is_answered_from_and_its_citation_opens(visitor: Visitor, sample: Sample, door: str) -> None:
    if sample not in SENT:
        pytest.skip("OCR is not installed")
    answer = visitor.ask(door, sample.question)

    assert answer["outcome"] == "answered", answer
    assert str(sample.count) in answer["answer"]
    cited = next(one for one in answer["citations"] if str(sample.count) in one["quote"])
    assert cited["document"].startswith(Path(sample.name).stem)
    marked, boxes = visitor.open_citation(cited)
    assert str(sample.count) in marked
    assert (boxes > 0) == (sample.media_type in PAGED and door != "mail")


def test_rest_and_the_page_of_a_mail_report_what_of_it_was_not_read(visitor: Visitor) -> None:
    visitor.make_collection("letters")
    letter = mail("Two files", "The Penrith depot keeps 7 lanterns.")
    letter.add_attachment(b"MZ\x00\x01\x02" * 50, maintype="application", subtype="octet-stream", filename="tool.exe")
    files = [("files", ("letter.eml", letter.as_bytes()))]
    visitor.program.post("/api/v1/collections/letters/documents", files=files).raise_for_status()
    visitor.wait_until_read("letters", 1)
    (document,) = visitor.documents("letters")

    assert [(one["code"], one["message"]) for one in document["warnings"]] == [
        ("attachments", "Attachments not processed: tool.exe.")
    ]
    assert document["warnings"] == document["version"]["warnings"]
    assert document["warnings"][0]["message"] in visitor.page.get(f"/library/documents/{document['uid']}/").text
