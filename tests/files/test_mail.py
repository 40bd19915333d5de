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
        "<table><tr><td>From:</td><td>Bob Ray &lt;bob@x.example&gt;</td></tr>"
        "<tr><td>Sent:</td><td>27 February 2026</td></tr></table>",
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


@pytest.mark.parametrize("zone", ["GMT+1", "CET", "UTC", "+0100"])
def test_the_zone_of_a_date_is_no_part_of_a_sender(tmp_path: Path, zone: str) -> None:
    text = f"On 9 May.\n\nOn Friday, February 27, 2026 at 09:12:00 AM {zone}, Bob Ray <bob@x.example> wrote:\n\n> On 2 May.\n"

    assert texts(tmp_path, "a.eml", mail(text))[3].startswith(
        "Earlier message from Bob Ray <bob@x.example>, Friday, February 27, 2026"
    )


def test_flowed_paragraphs_are_whole_and_quotes_stay_apart(tmp_path: Path) -> None:
    text = "This para \ngraph goes \non.\nNext.\n> Old \n> words.\n-- \nAnn\n"

    assert texts(tmp_path, "a.eml", mail(text, format="flowed"))[2:] == [
        *("This para graph goes on.\nNext.\n-- \nAnn", "Earlier message", "Old words.")
    ]
    assert texts(tmp_path, "a.eml", mail("This para \ngraph.\n", format="flowed", delsp="yes"))[2:] == ["This paragraph."]


def test_an_invitation_says_what_when_and_where(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@x.example", "Meeting"
    message.set_content("Please join.")
    event = (
        "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nDTSTART:19700101T000000\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
        "SUMMARY:Stock\r\n taking\\, spring\r\n"
        "DTSTART;TZID=Europe/Berlin:20260509T060000\r\nDTEND:20260509T080000Z\r\nORGANIZER;CN=Ida Brandt:mailto:ida@x.example\r\n"
        "LOCATION:Hall 7\r\nBEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    message.add_alternative(event, subtype="calendar")

    assert texts(tmp_path, "a.eml", message.as_bytes())[2:] == [
        "Please join.",
        "Event: Stocktaking, spring\nStart: 2026-05-09 06:00 (Europe/Berlin)\nEnd: 2026-05-09 08:00 UTC\n"
        "Organizer: Ida Brandt <ida@x.example>\nLocation: Hall 7",
    ]
