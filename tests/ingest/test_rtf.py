"""RTF is read as a DOCX is: what holds, numbered as printed, with its notes; what does not hold is left out and reported."""

import struct
import zlib

import pytest

from ingest.errors import warning_for
from ingest.parsers.refusal import Refusal
from tests.ingest.files import write
from tests.ingest.store import read_file

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\froman Times;}{\f1\fcharset134 SimSun;}}"
    r"{\stylesheet{\s0 Normal;}{\s1\f1 heading 1;}{\s2 Clause;}}"
)
LISTS = (
    r"{\*\listtable{\list\listtemplateid1{\listlevel\levelnfc0\levelstartat1{\leveltext\'0a Article \'00;}{\levelnumbers\'09;}}"
    r"{\listlevel\levelnfc4\levelstartat1{\leveltext\'03(\'01);}{\levelnumbers\'02;}}\listid7}}"
    r"{\*\listoverridetable{\listoverride\listid7\listoverridecount0\ls1}}"
)


def read(folder, body, head=HEAD):
    """Return the blocks as (kind, text), and the warnings as the uploader reads them."""
    _, pages, notices = read_file(write(folder, "a.rtf", f"{head}{body}}}"))
    blocks = [(block.kind, page.text[block.start : block.end]) for page in pages for block in page.blocks]
    return blocks, [warning_for(notice.as_dict()) for notice in notices]


def test_text_of_any_encoding_is_read(tmp_path):
    body = (
        r"\pard\s1 Fees\par\pard\plain caf\'e9, \u31532?\u26465?, {\f1\'d6\'d0\'b9\'fa}, \uc2\u-10179\'3f\'3f\u-8704\'3f\'3f.\par"
    )

    assert read(tmp_path, body)[0] == [("heading", "Fees"), ("paragraph", "café, 第条, 中国, 😀.")]


def test_what_does_not_hold_is_left_out_and_reported(tmp_path):
    body = r"\pard Notice is {\strike two} three{\deleted  four} weeks.{\v  Secret.}{\*\unknown Never shown}\par"
    blocks, warnings = read(tmp_path, body)

    assert blocks == [("paragraph", "Notice is three weeks.")]
    assert warnings == [
        "Struck-out text was skipped: 1 (“two”).",
        "Text formatted as hidden was skipped: 1 (near “Notice is three weeks.”).",
    ]


def test_notes_comments_headers_and_boxes_keep_their_places(tmp_path):
    body = (
        r"{\header\pard QP-17, valid from May\par}\pard The warranty lasts 24{\super\chftn}{\footnote\pard {\super\chftn} Twelve "
        r"in Chile.} months and 5 m{\super 3}.{\*\atnid A}{\*\atnauthor Ada}\chatn{\*\annotation{\*\atndate 120825856}\pard Right?}"
        r"{\shp{\*\shpinst{\shptxt\pard In a box.\par}}{\shprslt\pard In a box.\par}}\par Next.\par"
    )

    assert read(tmp_path, body)[0] == [
        ("list", "QP-17, valid from May"),
        ("paragraph", "The warranty lasts 24¹ months and 5 m³."),
        ("paragraph", "¹ Twelve in Chile."),
        ("paragraph", "In a box."),
        ("paragraph", "Next."),
        ("heading", "Comments"),
        ("list", "- Comment by Ada (2015-03-21): Right?"),
    ]


def test_lists_are_numbered_as_printed(tmp_path):
    body = (
        r"\pard\ls1\ilvl0{\listtext Article 1\tab}Scope\par{\listtext Article 2\tab}Duties\par"
        r"\pard\ls1\ilvl1 The renter cleans the hall.\par\pard{\pntext 7.\tab}An old list.\par{\pntext\'b7\tab}A point.\par"
    )

    assert [text for _, text in read(tmp_path, body, HEAD + LISTS)[0]] == [
        "Article 1 Scope",
        "Article 2 Duties",
        "  Article 2 (a) The renter cleans the hall.",
        "7. An old list.",
        "- A point.",
    ]


def test_merged_and_nested_cells_count_where_they_stand(tmp_path):
    row = r"\trowd{}\cellx1000\cellx2000\cellx3000\pard\intbl {}\cell {}\cell {}\cell\row"
    body = (
        row.format(r"\trhdr", "Hall", "Crane", "Load")
        + row.format(r"\clvmgf", "East", "E1", "5 t")
        + row.format(r"\clvmrg", "", "E2", "12 t")
        + r"\trowd\cellx1000\cellx3000\pard\intbl West\cell No crane\cell\row\pard End.\par"
    )
    blocks, _ = read(tmp_path, body)

    assert blocks == [
        ("table", "Hall | Crane | Load\nEast | E1 | 5 t\nEast | E2 | 12 t\nWest | No crane | No crane"),
        ("paragraph", "End."),
    ]


def test_links_equations_and_objects(tmp_path):
    body = (
        r'\pard See {\field{\*\fldinst HYPERLINK "https://cars.example.org/"}{\fldrslt our garage}} with '
        r"{\mmath{\*\moMath{\mf{\mnum{\mr a}}{\mden{\mr b+1}}}}}.{\object\objemb{\*\objclass Package}{\*\objdata 00}}\par"
    )
    blocks, warnings = read(tmp_path, body)

    assert blocks == [("paragraph", "See our garage (https://cars.example.org/) with  a/(b+1) .")]
    assert warnings == ["Embedded objects and parts in other formats were skipped: 1."]


def test_a_picture_is_no_text(tmp_path):
    data = (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + zlib.compress(b"pixels")).hex()
    body = rf"\pard Before{{\*\shppict{{\pict\pngblip {data}}}}}{{\nonshppict{{\pict\wmetafile8 0102}}}} after.\par"

    assert read(tmp_path, body)[0] == [("paragraph", "Before after.")]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("{" * 100_000 + "x", "too_complex"),
        (r"\pard core words\par" + r"{\field{\*\fldinst X}" * 1000, "core words"),
        (r"\pard core words\par" + r"\bin99999999 abc", "core words"),
        (r"\pard core words\par" + r"\trowd" + r"\cellx1" * 100_000 + r"\pard\intbl\cell\row", "core words"),
        (r"\pard core words\par\itap99999999 x\par", "core words"),
        (r"\pard core words\par" + r"\u99999999999 \ansicpg77777 \'zz x\par", "core words"),
    ],
    ids=["groups", "fields", "binary", "cells", "depth", "numbers"],
)
def test_a_hostile_file_is_refused_or_read(tmp_path, body, wanted):
    try:
        blocks, _ = read(tmp_path, body)
    except Refusal as refusal:
        assert refusal.code == wanted
    else:
        assert wanted in blocks[0][1]
