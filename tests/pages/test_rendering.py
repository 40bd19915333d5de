"""Answers become blocks, quotes become marks; text stays text."""

from chat.rendering import lay_out, split_runs
from kb.viewing.marking import Quote, Segment, mark_blocks


def answer(*sentences: tuple[str, str]) -> dict[str, object]:
    rows = [{"prefix": prefix, "text": text, "verdict": "supported", "citations": []} for prefix, text in sentences]
    return {"sentences": rows, "citations": []}


def shape(blocks: list) -> list[tuple[str, list[list[str]]]]:
    return [
        (block.kind, [["".join(run.text for run in sentence.runs) for sentence in item] for item in block.items])
        for block in blocks
    ]


def test_paragraphs_headings_and_lists_are_rebuilt() -> None:
    blocks = lay_out(
        answer(
            ("", "One."),
            (" ", "Two."),
            ("\n\n## ", "Limits"),
            ("\n\n- ", "Berlin."),
            ("\n- ", "Munich."),
            (" ", "More."),
            ("\n\n", "End."),
        )
    )
    assert shape(blocks) == [
        ("paragraph", [["One.", "Two."]]),
        ("heading", [["Limits"]]),
        ("bullets", [["Berlin."], ["Munich.", "More."]]),
        ("paragraph", [["End."]]),
    ]


def test_a_numbered_list_keeps_its_first_number() -> None:
    blocks = lay_out(answer(("3. ", "Third."), ("\n4) ", "Fourth."), ("\n", "After.")))
    assert [(block.kind, block.start) for block in blocks] == [("numbers", 3), ("paragraph", 1)]


def test_a_line_break_within_a_paragraph_joins_with_a_space() -> None:
    blocks = lay_out(answer(("", "One."), ("\n", "Two.")))
    assert shape(blocks) == [("paragraph", [["One.", "Two."]])]
    assert blocks[0].items[0][1].space == " "


def test_chinese_sentences_join_without_a_space() -> None:
    assert lay_out(answer(("", "一。"), ("", "二。")))[0].items[0][1].space == ""


def test_bold_and_code_are_cut_out_and_lone_markers_stay() -> None:
    assert [(run.kind, run.text) for run in split_runs("a **b** `c` ** d")] == [
        ("", "a "),
        ("strong", "b"),
        ("", " "),
        ("code", "c"),
        ("", " ** d"),
    ]


def test_an_empty_answer_has_no_blocks() -> None:
    assert lay_out({}) == []


def test_all_text_of_a_page_is_kept_between_and_after_its_blocks() -> None:
    text = "Title\nbetween\nBody here. Tail"
    blocks = [{"kind": "heading", "start": 0, "end": 5, "level": 1}, {"kind": "paragraph", "start": 14, "end": 24}]
    shown = mark_blocks(text, blocks, Quote(start=0, end=0))
    assert [block.kind for block in shown] == ["heading", "paragraph", "paragraph", "paragraph"]
    assert "".join(segment.text for block in shown for segment in block.segments) == text


def test_a_quote_over_two_blocks_is_marked_in_both() -> None:
    text = "One two\nthree four"
    blocks = [{"kind": "paragraph", "start": 0, "end": 7}, {"kind": "paragraph", "start": 8, "end": 18}]
    first, second = mark_blocks(text, blocks, Quote(start=4, end=13))
    assert first.segments == (Segment(text="One ", marked=False), Segment(text="two", marked=True))
    assert second.segments == (Segment(text="three", marked=True), Segment(text=" four", marked=False))


def test_a_table_is_cut_into_cells_and_its_rule_is_left_out() -> None:
    text = "| City | Limit |\n|---|---|\n| Berlin | 140 |"
    (table,) = mark_blocks(text, [{"kind": "table", "start": 0, "end": len(text), "header_end": 16}], Quote(start=29, end=35))
    assert table.has_header
    assert [["".join(segment.text for segment in cell) for cell in row] for row in table.rows] == [
        ["City", "Limit"],
        ["Berlin", "140"],
    ]
    assert table.rows[1][0] == (Segment(text="Berlin", marked=True),)


def test_an_empty_cell_stays_a_cell() -> None:
    text = "a | b | c\nd |  | f"
    (table,) = mark_blocks(text, [{"kind": "table", "start": 0, "end": len(text)}], Quote(start=0, end=0))
    assert [len(row) for row in table.rows] == [3, 3]
    assert not table.has_header


def test_an_empty_first_cell_of_a_header_keeps_its_column() -> None:
    text = "| 2023 | 2022\nRevenue | 51 | 48\nCost | 40 |"
    (table,) = mark_blocks(text, [{"kind": "table", "start": 0, "end": len(text), "header_end": 13}], Quote(start=0, end=0))
    assert [["".join(segment.text for segment in cell) for cell in row] for row in table.rows] == [
        ["", "2023", "2022"],
        ["Revenue", "51", "48"],
        ["Cost", "40", ""],
    ]


def test_overlapping_blocks_show_no_text_twice() -> None:
    text = "abcdef"
    blocks = [{"kind": "paragraph", "start": 0, "end": 4}, {"kind": "paragraph", "start": 2, "end": 6}]
    shown = mark_blocks(text, blocks, Quote(start=0, end=0))
    assert "".join(segment.text for block in shown for segment in block.segments) == text
