"""PPT and ODP are read as a PPTX is: a page a slide, tables with their names, notes and comments, hidden slides left out."""

import pytest

from ingest.errors import warning_for
from ingest.parsers.refusal import Refusal
from tests.ingest.files import write
from tests.ingest.open_document_files import embedded, open_document
from tests.ingest.ppt_file import BODY, ENCRYPTED, OTHER, TITLE, PptFile, Slide, atom, shape, table, text
from tests.ingest.store import read_file

WIDE = (0, 0, 5000, 800)


def read(folder, name, data):
    """Return the texts of the pages, and the warnings as the uploader reads them."""
    _, pages, notices = read_file(write(folder, name, data))
    return [page.text for page in pages], [warning_for(notice.as_dict()) for notice in notices]


def titled(words, *shapes, **options):
    return Slide([shape(WIDE, text(TITLE, words)), *shapes], **options)


def test_a_slide_of_a_ppt_is_read_with_title_text_notes_and_comments(tmp_path):
    body = text(BODY, "Lifts are inspected every 18 months.\rGoods lifts too.\r600 kg/m2", raised="2", levels=(0, 1, 0))
    slide = titled("Lifts", shape((0, 1000, 5000, 3000), body), notes="Ask about the old lift.")
    pages, warnings = read(tmp_path, "a.ppt", PptFile([slide], comments=[("Ada", "Really?")]).save())

    assert pages == [
        "Lifts\n\n- Lifts are inspected every 18 months.\n  - Goods lifts too.\n- 600 kg/m²\n\nNotes\n\nAsk about the old lift.\n"
        "Comment by Ada: Really?"
    ]
    assert warnings == []


def test_texts_that_a_ppt_keeps_in_its_list_are_found(tmp_path):
    listed = text(TITLE, "Cranes") + text(OTHER, "Hall East")
    shapes = [shape((0, top, 5000, top + 500), atom(3998, bytes((number, 0, 0, 0)))) for number, top in ((0, 0), (1, 900))]

    assert read(tmp_path, "a.ppt", PptFile([Slide(shapes, listed=listed)]).save())[0] == ["Cranes\n\nHall East"]


def test_merged_cells_of_a_ppt_count_for_each_row_and_hidden_slides_are_reported(tmp_path):
    cells = [
        *(((0, 0, 10, 10), "Hall"), ((10, 0, 20, 10), "Crane"), ((20, 0, 30, 10), "Load")),
        *(((0, 10, 10, 30), "East"), ((10, 10, 20, 20), "E1"), ((20, 10, 30, 20), "5 t")),
        *(((10, 20, 20, 30), "E2"), ((20, 20, 30, 30), "12 t")),
    ]
    slides = [titled("Cranes", table((0, 900, 5000, 3000), cells)), titled("Old", is_hidden=True), titled("End")]
    pages, warnings = read(tmp_path, "a.ppt", PptFile(slides).save())

    assert pages == ["Cranes\n\nHall | Crane | Load\nEast | E1 | 5 t\nEast | E2 | 12 t", "", "End"]
    assert warnings == ["Hidden slides were skipped."]


def test_a_locked_ppt_says_so(tmp_path):
    with pytest.raises(Refusal, match="locked"):
        read_file(write(tmp_path, "a.ppt", PptFile([titled("Lifts")], token=ENCRYPTED).save()))


@pytest.mark.parametrize("place", range(0x400, 0x1200, 0x080))
def test_a_broken_ppt_is_refused_or_read_and_never_breaks_the_reader(tmp_path, place):
    cells = [((0, 0, 10, 10), "Hall"), ((10, 0, 20, 10), "Crane")]
    data = bytearray(PptFile([titled("Cranes", table((0, 900, 5000, 3000), cells), notes="Notes")]).save())
    data[place : place + 64] = b"\xff" * 64
    try:
        read_file(write(tmp_path, "a.ppt", bytes(data)))
    except Refusal as refusal:
        assert refusal.code in ("damaged", "too_complex", "locked")


STYLES = """
<style:style style:name="up" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="gone" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>
<style:style style:name="unseen" style:family="drawing-page">
<style:drawing-page-properties presentation:visibility="hidden"/></style:style>
"""


def frame(role, inner, top=1):
    return (
        f'<draw:frame presentation:class="{role}" svg:x="1cm" svg:y="{top}cm"><draw:text-box>{inner}</draw:text-box></draw:frame>'
    )


def test_slides_of_an_odp_are_read_with_tables_charts_and_notes(tmp_path):
    items = "".join(
        f"<text:list-item><text:p>{words}</text:p></text:list-item>" for words in ("Every 18 months.", "Goods lifts too.")
    )
    lone = (
        '<text:p>600 kg/m<text:span text:style-name="up">2</text:span><text:span text:style-name="gone"> 700</text:span></text:p>'
    )
    cells = (
        "<table:table-row><table:table-cell><text:p>Hall</text:p></table:table-cell>"
        "<table:table-cell><text:p>Load</text:p></table:table-cell></table:table-row>"
        '<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>East</text:p></table:table-cell>'
        "<table:table-cell><text:p>5 t</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:covered-table-cell/><table:table-cell><text:p>12 t</text:p></table:table-cell></table:table-row>"
    )
    body = (
        f"<draw:page>{frame('title', '<text:p>Lifts</text:p>')}{frame('outline', f'<text:list>{items}</text:list>', 3)}"
        f"{frame('graphic', lone, 9)}"
        f"<presentation:notes>{frame('notes', '<text:p>Ask.</text:p>')}</presentation:notes></draw:page>"
        f'<draw:page draw:style-name="unseen">{frame("title", "<text:p>Old</text:p>")}</draw:page>'
        f'<draw:page><draw:frame svg:y="2cm"><table:table>{cells}</table:table></draw:frame>'
        '<draw:frame svg:y="9cm"><draw:object xlink:href="./Object 1"/></draw:frame>'
        '<draw:frame svg:y="12cm"><draw:object xlink:href="./Object 2"/></draw:frame></draw:page>'
    )
    fraction = "<math:mfrac><math:mi>a</math:mi><math:mi>b</math:mi></math:mfrac>"
    parts = {"Object 1/content.xml": embedded(f"<math:math>{fraction}</math:math>")}
    pages, warnings = read(tmp_path, "a.odp", open_document("presentation", body, styles=STYLES, parts=parts))

    assert pages == [
        "Lifts\n\n- Every 18 months.\n- Goods lifts too.\n\n600 kg/m²\n\nNotes\n\nAsk.",
        "",
        "Hall | Load\nEast | 5 t\nEast | 12 t\n\na/b",
    ]
    assert warnings[-1] == "Embedded objects and parts in other formats were skipped: 1."
    assert "Hidden slides were skipped." in warnings
