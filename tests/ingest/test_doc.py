"""DOC is read as a DOCX is: what holds, numbered as printed, with its notes; what does not hold is left out and reported."""

import pytest

from ingest.errors import warning_for
from ingest.parsers.refusal import Refusal
from tests.ingest.doc_file import (
    DELETED,
    HEADING_1,
    HEADING_2,
    HIDDEN,
    LISTED,
    LOWERED,
    RAISED,
    SPECIAL,
    STRUCK,
    DocFile,
    Paragraph,
    cell,
    paragraph,
    row_end,
)
from tests.ingest.files import write
from tests.ingest.store import detect, read_file


def read(folder, file, **options):
    """Return the blocks as (kind, text), and the warnings as the uploader reads them."""
    _, pages, notices = read_file(write(folder, "a.doc", file.save(**options)))
    blocks = [(block.kind, page.text[block.start : block.end]) for page in pages for block in page.blocks]
    return blocks, [warning_for(notice.as_dict()) for notice in notices]


def test_headings_come_from_the_styles_under_any_name(tmp_path):
    file = DocFile([paragraph("租赁", style=HEADING_1), paragraph("Fees", style=HEADING_2), paragraph("Ten euros 😀.")])
    _, (page,), _ = read_file(write(tmp_path, "a.doc", file.save()))

    assert page.text == "租赁\n\nFees\n\nTen euros 😀."
    assert [(block.kind, block.level) for block in page.blocks] == [("heading", 1), ("heading", 2), ("paragraph", 0)]


def test_raised_and_lowered_characters_are_written_as_such(tmp_path):
    runs = (("Take 5 m", b""), ("3", RAISED), (" of H", b""), ("2", LOWERED), ("O.", b""))
    blocks, _ = read(tmp_path, DocFile([Paragraph(runs)]))

    assert blocks == [("paragraph", "Take 5 m³ of H₂O.")]


def test_what_does_not_hold_is_left_out_and_reported(tmp_path):
    runs = (("Notice is ", b""), ("two", STRUCK), (" three", b""), (" four", DELETED), (" weeks.", b""), (" Secret.", HIDDEN))
    blocks, warnings = read(tmp_path, DocFile([Paragraph(runs)]))

    assert blocks == [("paragraph", "Notice is three weeks.")]
    assert warnings == [
        "Struck-out text was skipped: 1 (“two”).",
        "Text formatted as hidden was skipped: 1 (near “Notice is three weeks.”).",
    ]


def test_notes_stand_behind_their_paragraph_comments_and_headers_apart(tmp_path):
    body = [
        Paragraph((("The warranty lasts 24", b""), ("\x02", SPECIAL + RAISED), (" months.", b""), ("\x05", SPECIAL))),
        paragraph("Next."),
    ]
    file = DocFile(body, notes=["\x02 Twelve in Chile."], comments=[("Ada", "Is this right?")], header="QP-17, valid from May")
    blocks, _ = read(tmp_path, file)

    assert blocks == [
        ("list", "QP-17, valid from May"),
        ("paragraph", "The warranty lasts 24¹ months."),
        ("paragraph", "¹ Twelve in Chile."),
        ("paragraph", "Next."),
        ("heading", "Comments"),
        ("list", "- Comment by Ada: Is this right?"),
    ]


def test_lists_are_numbered_as_printed(tmp_path):
    levels = ((0, "Article \x00"), (4, "(\x01)"))
    second = b"\x0a\x26\x01"  # sprmPIlvl
    body = [
        paragraph("Scope", style=LISTED),
        paragraph("Duties", style=LISTED),
        paragraph("The renter cleans the hall.", style=LISTED, properties=second),
    ]
    blocks, _ = read(tmp_path, DocFile(body, levels=levels))

    assert [text for _, text in blocks] == ["Article 1 Scope", "Article 2 Duties", "  Article 2 (a) The renter cleans the hall."]


def test_cells_that_reach_down_count_for_each_row(tmp_path):
    edges = (0, 1000, 2000, 3000)
    body = [
        *(cell("Hall"), cell("Crane"), cell("Load"), row_end(edges)),
        *(cell("East"), cell("E1"), cell("5 t"), row_end(edges, down=(3, 0, 0))),
        *(cell(""), cell("E2"), cell("12 t"), row_end(edges, down=(1, 0, 0))),
        *(cell("West"), cell("No crane"), row_end((0, 1000, 3000))),
        paragraph("End."),
    ]
    blocks, _ = read(tmp_path, DocFile(body))

    assert blocks[0] == ("table", "Hall | Crane | Load\nEast | E1 | 5 t\nEast | E2 | 12 t\nWest | No crane | No crane")


def test_a_link_stands_beside_its_words_and_instructions_of_fields_nowhere(tmp_path):
    words = 'See \x13 HYPERLINK "https://cars.example.org/" \x14our garage\x15, page \x13 PAGEREF x \x147\x15.'
    blocks, _ = read(tmp_path, DocFile([paragraph(words)]))

    assert blocks == [("paragraph", "See our garage (https://cars.example.org/), page 7.")]


def test_macros_are_reported_and_never_run(tmp_path):
    blocks, warnings = read(tmp_path, DocFile([paragraph("Words.")]), storages=("Macros",))

    assert (blocks, warnings) == ([("paragraph", "Words.")], ["Macros were skipped; they never run here."])


@pytest.mark.parametrize(
    ("options", "code"),
    [({"flags": 0x0300}, "locked"), ({"mark": 0xA5DC}, "old_office"), ({"mark": 0x1234}, "damaged")],
    ids=["password", "Word 95", "no Word"],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, options, code):
    path = write(tmp_path, "a.doc", DocFile([paragraph("Words.")], **options).save())

    with pytest.raises(Refusal) as refused:
        read_file(path)
    assert refused.value.code == code


@pytest.mark.parametrize("place", range(0x800, 0x2000, 0x0C0))
def test_a_broken_file_is_refused_or_read_and_never_breaks_the_reader(tmp_path, place):
    body = [cell("East"), cell("E1"), row_end((0, 1000, 2000), down=(3, 0)), paragraph("End.", style=LISTED)]
    data = bytearray(DocFile(body, notes=["\x02 Note"], levels=((0, "\x00."),)).save())
    data[place : place + 96] = b"\xff" * 96
    try:
        read_file(write(tmp_path, "a.doc", bytes(data)))
    except Refusal as refusal:
        assert refusal.code in ("damaged", "too_complex", "locked")


def test_rtf_under_the_ending_of_word_is_read_as_rtf(tmp_path):
    assert detect(write(tmp_path, "a.doc", b"{\\rtf1 Words}")) == "application/rtf"
