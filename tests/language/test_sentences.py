"""Sentence boundaries in finished text and in a stream."""

import itertools
import random
import time

import pytest

from language.sentences import SentenceBuffer, partition_sentences, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("You earn 4.5 hours. Ask Dr. Lee first.", ["You earn 4.5 hours.", "Ask Dr. Lee first."]),
        ("Use a card, e.g. the blue one. It works.", ["Use a card, e.g. the blue one.", "It works."]),
        ("J. R. Smith left. Then he came back.", ["J. R. Smith left.", "Then he came back."]),
        ("The U.S. Government pays. The U.S. It pays.", ["The U.S. Government pays.", "The U.S.", "It pays."]),
        ("Leave is paid.[1][2] Sick leave is not. [3] Ask.", ["Leave is paid.[1][2]", "Sick leave is not. [3]", "Ask."]),
        ("年假为10天。[1]病假另计。【2】其余见第3条。", ["年假为10天。[1]", "病假另计。【2】", "其余见第3条。"]),
        ("他说：“可以。”随后离开。", ["他说：“可以。”", "随后离开。"]),
        ("Wait… for it. Done… Now.", ["Wait… for it.", "Done…", "Now."]),
        ("See No. 5 of the list. Was it no. Yes.", ["See No. 5 of the list.", "Was it no.", "Yes."]),
        ("- First item\n- Second item\n\n1. Third. 2. Not a list", ["First item", "Second item", "Third.", "Not a list"]),
        ("| a | b |\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        (
            "Everything that is recorded in production is listed here\n"
            "Record of a test in production | fifteen years | the archive\n"
            "Record of a repair after return. See 4 | seven years | the archive",
            [
                "Everything that is recorded in production is listed here",
                "Record of a test in production | fifteen years | the archive",
                "Record of a repair after return. See 4 | seven years | the archive",
            ],
        ),
        (" | 2023 | 2022\nCost | 5 |", ["| 2023 | 2022", "Cost | 5 |"]),
        ('He asked "why?" and left. "Go!" She went.', ['He asked "why?" and left.', '"Go!"', "She went."]),
        ("See https://example.com/a?b=1.2 for it. Ok.", ["See https://example.com/a?b=1.2 for it.", "Ok."]),
        ("（一）元旦，放假1天；\n（二）春节，放假4天。", ["元旦，放假1天；", "春节，放假4天。"]),
    ],
)
def test_it_splits(text: str, sentences: list[str]) -> None:
    spans = split_sentences(text)
    assert [span.text for span in spans] == sentences
    assert all(text[span.start : span.end] == span.text for span in spans)


def test_a_line_wrapped_by_the_page_is_joined() -> None:
    text = "Employees who have worked for more than three years may\ncarry over ten days.\n\nHeading\nNext paragraph here."
    assert [span.text for span in split_sentences(text)] == [
        "Employees who have worked for more than three years may\ncarry over ten days.",
        "Heading",
        "Next paragraph here.",
    ]


STREAM = "## Leave\n\nYou earn 5.2 hours. [1] It is paid.[1][2]\n- First item [3]\n- Second\n\n1. 年假为10天。[1]病假另计。End"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 200])
def test_a_stream_gives_the_same_sentences_however_it_is_cut(size: int) -> None:
    buffer = SentenceBuffer()
    released = [sentence for i in range(0, len(STREAM), size) for sentence in buffer.feed(STREAM[i : i + size])]
    released += buffer.flush()
    assert "".join(released) == STREAM
    assert released == [
        "## Leave",
        "\n\nYou earn 5.2 hours. [1]",
        " It is paid.[1][2]",
        "\n- First item [3]",
        "\n- Second",
        "\n\n1. 年假为10天。[1]",
        "病假另计。",
        "End",
    ]


PIECES = (
    *("You earn", "U.S.", "Inc.", " ", "\n", "\n\n", "- ", "1. ", "It", "Items", "the", "5", ".", "。", "!", "...", ","),
    *("[1]", " [2]", "[1, 2]", "【3】", "”", "Dr.", "No.", "J. R.", "年假为10天", "一、", "（一）", "A", "|"),
)


@pytest.mark.parametrize("seed", range(300))
def test_no_stream_shows_how_it_was_cut(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 14)))
    whole, letters = SentenceBuffer(), SentenceBuffer()
    expected = whole.feed(text) + whole.flush()
    assert [sentence for letter in text for sentence in letters.feed(letter)] + letters.flush() == expected


def test_the_time_for_a_token_does_not_grow_with_the_sentence() -> None:
    def taken_s(tokens: int) -> float:
        buffer = SentenceBuffer()
        started = time.process_time()
        for _ in range(tokens):
            buffer.feed(" word")
        return time.process_time() - started

    taken_s(1000)
    assert min(taken_s(16_000) for _ in range(3)) < 8 * 4 * min(taken_s(2_000) for _ in range(3))  # quadratic: 64 times


def test_a_sentence_waits_for_what_may_follow_its_full_stop() -> None:
    buffer = SentenceBuffer()
    assert buffer.feed("It costs 5.") == []
    assert buffer.feed("2 euros.") == []
    assert buffer.feed(" [") == []
    assert buffer.feed("1]") == []  # "[1][2]" may come
    assert buffer.feed(" Then") == ["It costs 5.2 euros. [1]"]
    assert buffer.flush() == [" Then"]
    assert buffer.flush() == []


PARTITIONS = [
    (
        "Mr. Smith paid $3.50 to Acme Inc. on Jan. 3. He left.",
        ["Mr. Smith paid $3.50 to Acme Inc. on Jan. 3.", "He left."],
    ),
    ("See No. 5 and Fig. 2. Done!", ["See No. 5 and Fig. 2.", "Done!"]),
    ("他说：“可以。”然后走了。好吗？", ["他说：“可以。”", "然后走了。", "好吗？"]),
    ("Version 2.0 is out.\n\nNew paragraph", ["Version 2.0 is out.", "New paragraph"]),
    ("J. R. Tolkien wrote it. Really?! Yes.", ["J. R. Tolkien wrote it.", "Really?!", "Yes."]),
    ("no end at all", ["no end at all"]),
    ("Acme Corp. The firm is old.", ["Acme Corp.", "The firm is old."]),
    ("## Leave\n\n- First item\n- Second\n3. Third.", ["## Leave", "- First item", "- Second", "3. Third."]),
    ("(1) Pay. （一）年假。 - ", ["(1) Pay.", "（一）年假。 -"]),
    ("Name | Days\nLee. See 4 | 5", ["Name | Days", "Lee. See 4 | 5"]),
    ("- ", ["-"]),
    (" \n ", []),
]


@pytest.mark.parametrize(("text", "sentences"), PARTITIONS)
def test_a_partition_keeps_the_layout_with_its_sentence(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in partition_sentences(text)] == sentences


@pytest.mark.parametrize("seed", range(300))
def test_a_partition_loses_no_character_and_cuts_where_sentences_are_cut(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 14)))
    spans = partition_sentences(text)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    cut = [span.text for span in split_sentences(text)]
    assert all(text[start:end].endswith(sentence) for (start, end), sentence in zip(spans[:-1], cut, strict=False))
    assert len(spans) == max(len(cut), bool(text.strip()))


@pytest.mark.parametrize("part", ["A rule says so. ", "A line of it\n", "one | two. three\n", "年假为十天。"])
def test_the_time_to_partition_grows_with_the_text_alone(part: str) -> None:
    def taken_s(count: int) -> float:
        started = time.process_time()
        assert len(partition_sentences(part * count)) == count
        return time.process_time() - started

    taken_s(1000)
    assert min(taken_s(40_000) for _ in range(2)) < 8 * 4 * min(taken_s(5_000) for _ in range(3))  # quadratic: 64 times


def test_rows_of_a_sheet_are_sentences_of_their_own() -> None:
    rows = [
        "Room: R101; Seats: 5; Note: Ask first. Then book; Phone: 7001",
        "Room: R102; Seats: 6; Note: The projector is being repaired; Phone: 7002",
        "Work: Drill rods, which are delivered by the piece and by the box",
        "Work: Emulsion explosive, which is delivered by the kilogram only",
    ]
    assert [span.text for span in split_sentences("\n".join(rows))] == rows


def test_lines_that_begin_with_numbers_of_clauses_are_sentences_of_their_own() -> None:
    text = "Article 6 It is kept in these cases:\n  Article 6 (a) the hall is dark\n  Article 6 (b) the fuse is gone"
    assert [span.text for span in split_sentences(text)] == [line.strip() for line in text.split("\n")]
    listed = "(a) at the gate of the northern yard behind the old hall\n(b) on the street"
    assert [span.text for span in split_sentences(listed)] == listed.split("\n")


@pytest.mark.parametrize("place", ["Article 6 of these rules.", "Section 2.2, as the board decided.", "(b) of the list."])
def test_a_number_that_a_wrap_brought_to_the_front_begins_no_sentence(place: str) -> None:
    text = f"The lamp is kept for as long as it is needed under\n{place}"
    assert [span.text for span in split_sentences(text)] == [text]
