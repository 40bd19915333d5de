"""Mail as its reader sees it: heads of quoted mails in the forms that programs give them, lines that a program wrapped."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.files.reading import texts


def mail(text: str, *, subtype: str = "plain", **parameters: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@x.example", "Count"
    message.set_content(text, subtype=subtype, params=parameters or None)
    return message.as_bytes()


@pytest.mark.parametrize(
    "head",
    [
        "<p><b>From:</b> Bob Ray &lt;bob@x.example&gt;</p><p><b>Sent:</b> 27 February 2026</p><p>To: Ann</p><p>Subject: Count</p>",
        "<p>From: Bob Ray &lt;bob@x.example&gt;<br>Sent: 27 February 2026<br>To: Ann<br>Subject: Count</p>",
    ],
)
def test_the_head_of_a_quoted_mail_in_a_page_is_its_heading(tmp_path: Path, head: str) -> None:
    body = f"<html><body><p>On 9 May.</p><hr>{head}<p>On 2 May.</p></body></html>"

    assert texts(tmp_path, "a.eml", mail(body, subtype="html"))[2:] == [
        *("On 9 May.", "Earlier message from Bob Ray <bob@x.example>, 27 February 2026", "On 2 May.")
    ]


def test_a_quoted_mail_may_be_introduced_by_at(tmp_path: Path) -> None:
    text = 'On 9 May.\n\nAt 2026-02-27 09:12:00, "Bob Ray" <bob@x.example> wrote:\n>On 2 May.\n'

    assert texts(tmp_path, "a.eml", mail(text))[2:] == [
        *("On 9 May.", 'Earlier message from "Bob Ray" <bob@x.example>, 2026-02-27 09:12:00', "On 2 May.")
    ]


def test_flowed_paragraphs_are_whole_and_quotes_stay_apart(tmp_path: Path) -> None:
    text = "This para \ngraph goes \non.\nNext.\n> Old \n> words.\n-- \nAnn\n"

    assert texts(tmp_path, "a.eml", mail(text, format="flowed"))[2:] == [
        *("This para graph goes on.\nNext.\n-- \nAnn", "Earlier message", "Old words.")
    ]
    assert texts(tmp_path, "a.eml", mail("This para \ngraph.\n", format="flowed", delsp="yes"))[2:] == ["This paragraph."]
