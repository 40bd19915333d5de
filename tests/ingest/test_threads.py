"""Mails with the mails that they quote, bodies that only stand in for a page, and words that a line break cut in two."""

import pytest

from tests.ingest.files import write
from tests.ingest.store import read_file
from tests.ingest.test_mail import letter


def body_of(tmp_path, message):
    """Return the blocks of a mail's body as (text, headings above it but for the subject)."""
    _, pages, _ = read_file(write(tmp_path, "a.eml", message.as_bytes()))
    blocks = [(page.text[block.start : block.end], block.heading_path[1:]) for page in pages for block in page.blocks]
    return [(text, path) for text, path in blocks[2:] if not path or text != path[-1]]


SENT = "Thursday, 17 September 2026 15:10"
SENDER = "Accounts <acc@example.org>"
QUOTES = (
    f"-----Original Message-----\nFrom: {SENDER}\nSent: {SENT}\nTo: All\nSubject: Stock\n\nOn 2 October.\n",
    f"________________________________\nFrom: {SENDER}\nSent: {SENT}\nTo: All\n\nOn 2 October.\n",
    f"On {SENT}, {SENDER}\nwrote:\n\n> On 2 October.\n",
    f"> From: {SENDER}\n> Date: {SENT}\n>\n> On 2 October.\n",
)


@pytest.mark.parametrize("quote", QUOTES)
def test_a_quoted_mail_stands_under_its_own_sender_and_date(tmp_path, quote):
    earlier = (f"Earlier message from {SENDER}, {SENT}",)

    assert body_of(tmp_path, letter(text=f"It is moved to 9 October.\n\n{quote}")) == [
        ("It is moved to 9 October.", ()),
        ("On 2 October.", earlier),
    ]


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        (
            "On Thu, Sep 17, 2026 at 3:10 PM Ann Lee <ann@example.org> wrote:",
            "Ann Lee <ann@example.org>, Thu, Sep 17, 2026 at 3:10 PM",
        ),
        ("Am 17.09.2026 um 15:10 schrieb Ann Lee:", "Ann Lee, 17.09.2026 um 15:10"),
        ("张三 于2026年9月17日周四 15:10写道：", "张三, 2026年9月17日周四 15:10"),
        ("在 2026年9月17日，李四 写道：", "李四, 2026年9月17日"),
    ],
)
def test_who_wrote_and_when_is_read_in_its_languages(tmp_path, line, heading):
    assert body_of(tmp_path, letter(text=f"Yes.\n\n{line}\n> No.\n")) == [
        ("Yes.", ()),
        ("No.", (f"Earlier message from {heading}",)),
    ]


def test_each_mail_of_a_long_thread_is_distinguished_and_answers_between_quotes_are_the_newest(tmp_path):
    text = (
        "On Mon, 5 May 2026 at 10:00 Bo <bo@example.org> wrote:\n> Shall we start at eight?\n\nNine is better.\n\n"
        "> On Sun, 4 May 2026 at 09:00 Ann <ann@example.org> wrote:\n>> When do we start?\n"
    )

    assert body_of(tmp_path, letter(text=text)) == [
        ("Nine is better.", ()),
        ("Shall we start at eight?", ("Earlier message from Bo <bo@example.org>, Mon, 5 May 2026 at 10:00",)),
        ("When do we start?", ("Earlier message from Ann <ann@example.org>, Sun, 4 May 2026 at 09:00",)),
    ]


def test_a_timetable_in_a_mail_is_no_quoted_mail(tmp_path):
    assert body_of(tmp_path, letter(text="From: Berlin\nTo: Paris\nDate: 3 May 2026\n")) == [
        ("From: Berlin\nTo: Paris\nDate: 3 May 2026", ()),
    ]


def test_a_page_that_quotes_is_distinguished_too(tmp_path):
    message = letter()
    message.set_content(
        "<p>It is moved to 9 October.</p><div>On Thu, 17 Sep 2026 at 15:10 Ann wrote:<br></div>"
        "<blockquote><p>On 2 October.</p></blockquote><p>Bye.</p>",
        subtype="html",
    )

    assert body_of(tmp_path, message) == [
        ("It is moved to 9 October.", ()),
        ("On 2 October.", ("Earlier message from Ann, Thu, 17 Sep 2026 at 15:10",)),
        ("Bye.", ()),
    ]


def test_plain_words_that_stand_in_for_a_page_give_way_to_it(tmp_path):
    message = letter(text="Your program does not show HTML. Open this mail in a browser: https://m.example/1\n")
    message.add_alternative("<p>The warehouse moves to Dock Road 9 on 4 May and closes for two days.</p>", subtype="html")

    assert body_of(tmp_path, message) == [("The warehouse moves to Dock Road 9 on 4 May and closes for two days.", ())]


@pytest.mark.parametrize(
    ("wrapped", "whole"),
    [
        ("The type EP-\n12 is lent until 2026-\n03-31.", "The type EP-12 is lent until 2026-03-31."),
        ("A deposit is non-\nreturnable; ask the carpen-\nter.", "A deposit is non-returnable; ask the carpenter."),
        ("Use the Kolbenring. Order Kolben-\nring sets.", "Use the Kolbenring. Order Kolbenring sets."),
        ("Only cold-formed. Take cold-\nformed parts.", "Only cold-formed. Take cold-formed parts."),
        ("Plan short-\nand long-term leave.", "Plan short- and long-term leave."),
        ("- one\n- two", "- one\n- two"),
    ],
)
def test_words_cut_by_a_line_break_are_whole_and_real_hyphens_stay(tmp_path, wrapped, whole):
    _, (page,), _ = read_file(write(tmp_path, "a.txt", f"Notes on it:\n\n{wrapped}\n"))

    assert page.text == f"Notes on it:\n\n{whole}"
    assert body_of(tmp_path, letter(text=f"{wrapped}\n"))[0][0] == whole


def test_plain_words_that_say_far_more_than_the_page_are_read(tmp_path):
    message = letter(text="This is a test of the filter in hall 3.\n")
    message.add_alternative("<p>Sent by Post.</p>", subtype="html")

    assert body_of(tmp_path, message) == [("This is a test of the filter in hall 3.", ())]
