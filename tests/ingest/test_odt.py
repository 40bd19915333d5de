"""ODT is read as a DOCX is: what holds, numbered as printed, with its notes; what does not hold is left out and reported."""

import io
import zipfile

import pytest

from ingest.errors import warning_for
from ingest.parsers.refusal import Refusal
from tests.ingest.files import write
from tests.ingest.open_document_files import embedded, open_document
from tests.ingest.store import read_file

STYLES = """
<style:style style:name="up" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="gone" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>
<style:style style:name="unseen" style:family="text"><style:text-properties text:display="none"/></style:style>
<text:list-style style:name="articles">
<text:list-level-style-number text:level="1" style:num-format="1" style:num-prefix="Article "/>
<text:list-level-style-number text:level="2" style:num-format="a" style:num-prefix="(" style:num-suffix=")"/></text:list-style>
"""


def read(folder, body, **options):
    """Return the blocks as (kind, text), and the warnings as the uploader reads them."""
    data = open_document("text", body, styles=STYLES, **options)
    _, pages, notices = read_file(write(folder, "a.odt", data))
    blocks = [(block.kind, page.text[block.start : block.end]) for page in pages for block in page.blocks]
    return blocks, [warning_for(notice.as_dict()) for notice in notices]


def span(style, words):
    return f'<text:span text:style-name="{style}">{words}</text:span>'


def note(kind, mark, words):
    citation = f"<text:note-citation>{mark}</text:note-citation>"
    return f'<text:note text:note-class="{kind}">{citation}<text:note-body><text:p>{words}</text:p></text:note-body></text:note>'


def test_what_holds_is_read_and_what_does_not_is_reported(tmp_path):
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>four</text:p></text:deletion></text:changed-region>"
        '</text:tracked-changes><text:h text:outline-level="2">Notice</text:h>'
        f'<text:p>Notice is {span("gone", "two")}\n  three<text:s text:c="2"/>weeks for 5 '
        f"m{span('up', '3')}.{span('unseen', ' Secret.')}"
        "</text:p>"
        '<text:section text:display="none"><text:p>Never shown.</text:p></text:section>'
    )
    blocks, warnings = read(tmp_path, body)

    assert blocks == [("heading", "Notice"), ("paragraph", "Notice is three weeks for 5 m³.")]
    assert warnings == [
        "Struck-out text was skipped: 1 (“two”).",
        "Text formatted as hidden was skipped: 2 (near “Notice is three weeks for 5 m³.” …).",
    ]


def test_notes_comments_headers_boxes_and_formulas_keep_their_places(tmp_path):
    written = "<dc:creator>Ada</dc:creator><dc:date>2026-03-02T10:00:00</dc:date><text:p>Right?</text:p>"
    comment = f"<office:annotation>{written}</office:annotation>"
    box = "<draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame>"
    formula = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
    notes = note("footnote", "1", "Twelve in Chile."), note("endnote", "*", "See page 2.")
    link = '<text:a xlink:href="https://cars.example.org/">Garage</text:a>'
    body = (
        f"<text:p>The warranty lasts 24{notes[0]} months{notes[1]}{comment}{box}.</text:p>"
        f"<text:p>Rate is{formula}.</text:p><text:p>{link}</text:p>"
    )
    header = "<style:master-page><style:header><text:p>QP-17</text:p></style:header></style:master-page>"
    fraction = "<math:math><math:mfrac><math:mi>a</math:mi><math:mi>b</math:mi></math:mfrac></math:math>"
    blocks, _ = read(tmp_path, body, shared=header, parts={"Object 1/content.xml": embedded(fraction)})

    assert blocks == [
        ("list", "QP-17"),
        ("paragraph", "The warranty lasts 24¹ months*."),
        ("paragraph", "¹ Twelve in Chile."),
        ("paragraph", "* See page 2."),
        ("paragraph", "In a box."),
        ("paragraph", "Rate is a/b ."),
        ("paragraph", "Garage (https://cars.example.org/)"),
        ("heading", "Comments"),
        ("list", "- Comment by Ada (2026-03-02): Right?"),
    ]


def test_lists_are_numbered_as_printed(tmp_path):
    def items(*inner, more=""):
        return (
            f'<text:list text:style-name="articles" {more}>'
            + "".join(f"<text:list-item>{i}</text:list-item>" for i in inner)
            + "</text:list>"
        )

    body = (
        items(
            "<text:p>Scope</text:p>",
            f"<text:p>Duties</text:p><text:p>As before.</text:p>{items('<text:p>The renter cleans.</text:p>')}",
        )
        + items("<text:p>Fees</text:p>", more='text:continue-numbering="true"')
        + items("<text:p>Anew</text:p>")
    )

    assert [text for _, text in read(tmp_path, body)[0]] == [
        "Article 1 Scope",
        "Article 2 Duties",
        "As before.",
        "  Article 2 (a) The renter cleans.",
        "Article 3 Fees",
        "Article 1 Anew",
    ]


def test_cells_that_reach_across_and_down_count_where_they_stand(tmp_path):
    def row(*cells):
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    def cell(words, more=""):
        return f"<table:table-cell {more}><text:p>{words}</text:p></table:table-cell>"

    covered = "<table:covered-table-cell/>"
    body = (
        f"<table:table><table:table-header-rows>{row(cell('Hall'), cell('Crane'), cell('Load'))}</table:table-header-rows>"
        + row(cell("East", 'table:number-rows-spanned="2"'), cell("E1"), cell("5 t"))
        + row(covered, cell("E2"), cell("12 t"))
        + row(cell("West"), cell("No crane", 'table:number-columns-spanned="2"'), covered)
        + "</table:table>"
    )

    assert read(tmp_path, body)[0] == [
        ("table", "Hall | Crane | Load\nEast | E1 | 5 t\nEast | E2 | 12 t\nWest | No crane | No crane")
    ]


def test_entities_and_files_outside_are_not_followed(tmp_path):
    doctype = '<!DOCTYPE x [<!ENTITY far SYSTEM "file:///etc/hostname"><!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    blocks, _ = read(tmp_path, "<text:p>before &b;&far; after</text:p>", doctype=doctype)

    assert blocks == [("paragraph", "before  after")] or blocks == [("paragraph", "before after")]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"META-INF/manifest.xml": b"<manifest:encryption-data/>"}, "locked"),
        ({"content.xml": b"<office:document-content"}, "damaged"),
        ({"content.xml": b" " * (200 << 20)}, "bomb"),
        ({"content.xml": b"<a/>"}, "damaged"),
    ],
    ids=["password", "broken", "bomb", "empty"],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, parts, code):
    with pytest.raises(Refusal) as refused:
        read_file(write(tmp_path, "a.odt", open_document("text", "<text:p>x</text:p>", parts=parts)))
    assert refused.value.code == code


def test_blocks_without_end_are_refused(tmp_path):
    depth = 100
    body = "<text:section>" * depth + "<text:p>core</text:p>" + "</text:section>" * depth
    with pytest.raises(Refusal) as refused:
        read(tmp_path, body)
    assert refused.value.code in ("too_complex", "damaged")


def test_macros_are_reported_and_never_run(tmp_path):
    blocks, warnings = read(tmp_path, "<text:p>Words.</text:p>", parts={"Basic/Standard/Module1.xml": b"<x/>"})

    assert (blocks, warnings) == ([("paragraph", "Words.")], ["Macros were skipped; they never run here."])


def test_a_zip_that_only_says_that_it_is_a_text_is_damaged(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    with pytest.raises(Refusal, match="damaged"):
        read_file(write(tmp_path, "a.odt", stream.getvalue()))
