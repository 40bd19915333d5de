"""What people see in a file decides the answer: the number of a clause, the newest mail of a thread, a table over two pages.

One installation as `scripts/run` serves it; the files go through its upload, and the answers cite them.
"""

import io

import docx
import pytest
from reportlab.lib.pagesizes import A5
from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

from tests.front_door.files import Sample, mail
from tests.front_door.visitor import Visitor
from tests.ingest.test_tnef import file, packed

THREAD = """Dear all,

since the gym is being painted the vaccination is put off to 21 May at 13:00 in room 5.

Ines

-----Original Message-----
From: Ines Ott
Sent: Monday, 4 May 2026 09:00
Subject: Vaccination

The vaccination takes place on 12 May at 08:00 in room 2.
Please bring your card.
"""


def rules() -> bytes:
    document = docx.Document()
    document.add_heading("1 Keys", 1)
    document.add_paragraph("Each tenant has two keys.")
    document.add_heading("2 Yard", 1)
    document.add_heading("2.1 Bicycles", 2)
    document.add_paragraph("Bicycles stand in the shed.")
    document.add_heading("2.2 Cars", 2)
    document.add_paragraph("Cars stay outside of the yard.")
    for text in (
        "Article 5 The ladder is lent for one week.",
        "Article 6 The lender keeps the ladder in these cases:",
        "Article 6 (a) the hall is dark",
        "Article 6 (b) the weather is bad",
    ):
        document.add_paragraph(text)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def vans() -> bytes:
    rows = [["Van", "Seats", "Driven by"], *([f"Van {at}", str(3 + at % 4), f"Crew {'ABC'[at % 3]}"] for at in range(1, 46))]
    stream = io.BytesIO()
    table = Table(rows, repeatRows=1, colWidths=[90, 90, 90])
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black")]))
    SimpleDocTemplate(stream, pagesize=A5).build([table])
    return stream.getvalue()


def lamps() -> bytes:
    """A mail whose only file lies in a winmail.dat."""
    message = mail("Lamps", "See the list.")
    message.add_attachment(
        packed(file("LAMPS.CSV", b"Lamp,Watts\nGate,40\nShed,25\n")),
        maintype="application",
        subtype="ms-tnef",
        filename="winmail.dat",
    )
    return message.as_bytes()


FILES = {
    "yard-rules.docx": rules(),
    "vaccination.eml": mail("RE: Vaccination", THREAD).as_bytes(),
    "vans.pdf": vans(),
    "lamps.eml": lamps(),
}


@pytest.fixture(scope="module", autouse=True)
def sent(visitor: Visitor) -> None:
    """Each file is read in a collection of its own."""
    for name, data in FILES.items():
        slug = name.partition(".")[0]
        visitor.make_collection(slug)
        visitor.send_by_form(slug, [Sample(media_type="", name=name, depot="", count=0, data=data)])
    for name in FILES:
        visitor.wait_until_read(name.partition(".")[0], 1)


@pytest.mark.parametrize(
    ("slug", "question", "held", "not_held"),
    [
        ("yard-rules", "What does section 2.2 say?", ["Cars stay outside of the yard."], "Bicycles"),
        ("yard-rules", "What does article 6 (b) say?", ["the weather is bad"], "dark"),
        ("yard-rules", "What does article 6 say?", ["the hall is dark", "the weather is bad"], "one week"),
        ("vans", "How many vans are driven by crew B?", ["15 of 45"], ""),
        ("lamps", "How many watts has the shed lamp?", ["25"], "40"),
        ("vaccination", "When does the vaccination take place?", ["21 May at 13:00", "“Earlier message from Ines Ott"], ""),
        ("vaccination", "In which room is the vaccination?", ["room 5"], ""),
    ],
)
def test_a_question_is_answered_as_the_file_is_read_by_people(
    visitor: Visitor, slug: str, question: str, held: list[str], not_held: str
) -> None:
    answer = visitor.ask(slug, question)

    assert answer["outcome"] == "answered", answer
    places = [answer["answer"].find(words) for words in held]
    assert -1 not in places and places == sorted(places), answer["answer"]
    assert not not_held or not_held not in answer["answer"]
    for citation in answer["citations"]:
        marked, _boxes = visitor.open_citation(citation)
        assert marked
