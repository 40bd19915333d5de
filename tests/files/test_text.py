"""Plain text and Markdown: what a line end cuts in two, levels, lists of terms, tables."""

from pathlib import Path

import pytest

from tests.files.reading import read as read_blocks
from tests.files.reading import texts
from tests.ingest.files import write
from tests.ingest.store import read_file
from tests.ingest.word_files import paragraph, word


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("The ware\u00ad\nhouse closes.", "The warehouse closes."),
        ("The ware\u00ad\r\n  house closes.", "The warehouse closes."),
        ("See https://a.example/non-\npaper and a-b@c-\nd.example.", "See https://a.example/non-paper and a-b@c-d.example."),
        ("员工应当在每月二十五\n日之前提交报销单，逾期\n不予受理。", "员工应当在每月二十五日之前提交报销单，逾期不予受理。"),
        ("收件人：王芳\n电话：8823\n地址：园区路九号，三楼，前台", "收件人：王芳\n电话：8823\n地址：园区路九号，三楼，前台"),
    ],
)
def test_what_a_line_end_cuts_in_text_is_whole_again(tmp_path: Path, source: str, read: str) -> None:
    assert texts(tmp_path, "a.txt", source) == [read]


def test_wrapped_markdown_and_pages_read_as_they_are_shown(tmp_path: Path) -> None:
    markdown = "Tickets are non-\nrefundable; the manage-\nment decides.  \nAlways. 员工每月二\n十五日前报销。\n"
    page = (
        "<html><body><p>员工每月二\n  十五日前<br>报销。</p><table><tr><td>每月二\n十五日</td><td>1</td></tr></table></body></html>"
    )

    assert texts(tmp_path, "a.md", markdown) == [
        "Tickets are non-refundable; the management decides.\nAlways. 员工每月二十五日前报销。"
    ]
    assert texts(tmp_path, "a.html", page) == ["员工每月二十五日前\n报销。", "每月二十五日 | 1"]


def test_levels_as_pandoc_writes_them(tmp_path: Path) -> None:
    source = "10^6^ cycles, 24^1^ months, CO~2~; a^2 + b^2, `x^2^`, ~~old~~ 2^10.\n"

    assert texts(tmp_path, "a.md", source) == ["10⁶ cycles, 24¹ months, CO₂; a^2 + b^2, x^2^, 2^10."]


def test_a_term_of_markdown_stands_beside_its_definition(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.md", "Deposit\n: 50 euros\n\n    In cash.\n\nLate fee\n: 4 euros\n") == [
        *("Deposit: 50 euros", "In cash.", "Late fee: 4 euros")
    ]


def test_words_that_a_break_cuts_are_whole_in_pages_and_word_files(tmp_path: Path) -> None:
    body = paragraph("<w:r><w:t>Tickets are non-</w:t><w:br/><w:t>refundable, the manage-</w:t><w:br/><w:t>ment.</w:t></w:r>")
    page = "<html><body><p>Tickets are non-<br>refundable, the manage-<br>ment.<br>甲组<br>乙组</p></body></html>"

    assert texts(tmp_path, "a.docx", word(body)) == ["Tickets are non-refundable, the management."]
    assert texts(tmp_path, "a.html", page) == ["Tickets are non-refundable, the management.\n甲组\n乙组"]


def test_elements_around_several_blocks_of_markdown_strike_out_and_hide_them(tmp_path: Path) -> None:
    text = (
        "Entry is 6 euros.\n\n<del>\n\nChildren swim free.\n\n- Dogs too\n\n</del>\n\nTowels cost 1 euro.\n\n"
        '<div hidden>\n\n## Staff\n\n<div class="a">\n\nThe code is 5151.\n\n</div>\n\n| A | B |\n|---|---|\n| c | d |\n\n</div>\n'
        "\n"
        '<div class="note">\n\nThe pool is **deep**.\n\n</div>\n\n<p style="text-decoration: line-through">\n\nOpen at six.\n'
    )

    found, warnings = read_blocks(tmp_path, "a.md", text)
    assert found == ["Entry is 6 euros.", "Towels cost 1 euro.", "The pool is deep."]
    assert warnings["struck_out"] == {"count": 2, "places": "“Children swim free. Dogs too”, “Open at six.”"}
    assert warnings["hidden_parts"]["count"] == 1


def test_a_text_about_templates_keeps_its_tags_without_front_matter(tmp_path: Path) -> None:
    loop = "Write {{ customer.name }} in mails.\n\nLoops begin so:\n\n{% for item in items %}\n\nand are closed. It is {{ now }}.\n"
    included = "{% include head.md %}\n\nWrite {{ customer.name }} in mails.\n\n{% if a %}\n\nBye.\n\n{% endif %}\n"

    assert texts(tmp_path, "a.md", loop) == [
        *("Write {{ customer.name }} in mails.", "Loops begin so:", "{% for item in items %}"),
        "and are closed. It is {{ now }}.",
    ]
    assert texts(tmp_path, "a.md", included) == ["Write {{ customer.name }} in mails.", "Bye."]
    assert texts(tmp_path, "a.md", f"---\ntitle: Mails\n---\n\n{included}")[-2:] == ["Write  in mails.", "Bye."]


def test_each_definition_of_a_term_stands_beside_it(tmp_path: Path) -> None:
    page = "<dl><dt>Fee</dt><dd>20 euros</dd><dd>from May 25 euros</dd><dt>Tent</dt><dt>Stove</dt><dd>3 days</dd></dl><p>End.</p>"

    assert texts(tmp_path, "a.html", page) == ["Fee: 20 euros", "Fee: from May 25 euros", "Tent, Stove: 3 days", "End."]
    assert texts(tmp_path, "a.md", "Fee\n: 20 euros\n: from May 25 euros\n") == ["Fee: 20 euros", "Fee: from May 25 euros"]


def test_single_tildes_strike_out_whole_words_alone(tmp_path: Path) -> None:
    found, warnings = read_blocks(
        tmp_path, "a.md", "Carry ~5~ 3 days, ~one week~ two. See ~/.profile and ~/x, H~2~O, ~10 to ~20.\n"
    )

    assert found == ["Carry 3 days, two. See ~/.profile and ~/x, H₂O, ~10 to ~20."]
    assert warnings == {"struck_out": {"count": 2, "places": "“5”, “one week”"}}


def test_a_blank_first_row_of_a_markdown_table_names_nothing_and_a_blank_first_name_is_a_column(tmp_path: Path) -> None:
    source = "| | |\n|--|--|\n| Owner | Ann |\n| Deputy | Bob |\n\n| | 2024 | 2025 |\n|--|--|--|\n| A | 1 | 2 |\n"
    _, (page,), _ = read_file(write(tmp_path, "a.md", source))

    assert [(page.text[block.start : block.end], block.header_end > 0, block.is_headless) for block in page.blocks] == [
        ("Owner | Ann\nDeputy | Bob", False, True),
        (" | 2024 | 2025\nA | 1 | 2", True, False),
    ]
