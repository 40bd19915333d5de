"""Mail as its reader sees it: heads of quoted mails in the forms that programs give them, lines that a program wrapped."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.files.reading import read, texts
from tests.ingest.outlook_files import msg


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


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("Bob Ray wrote on 27.02.2026 at 09:12:\n> On 2 May.", "Bob Ray, 27.02.2026 at 09:12"),
        ("2026-02-27 09:12, Bob Ray wrote:\n> On 2 May.", "Bob Ray, 2026-02-27 09:12"),
        ("Bob Ray wrote:\n> On 2 May.", "Bob Ray"),
        (
            "Op vr 27 feb 2026 om 09:12 schreef Bob Ray <b@x.example>:\n> On 2 May.",
            "Bob Ray <b@x.example>, vr 27 feb 2026 om 09:12",
        ),
        (
            "Il giorno ven 27 feb 2026 alle ore 09:12 Bob Ray\n<b@x.example> ha scritto:\n> On 2 May.",
            "Bob Ray <b@x.example>, ven 27 feb 2026 alle ore 09:12",
        ),
        ("Em sex., 27 de fev. de 2026 às 09:12, Bob Ray escreveu:\n> On 2 May.", "Bob Ray, sex., 27 de fev. de 2026 às 09:12"),
        ("2026年2月27日(金) 9:12 Bob Ray <b@x.example>:\n> On 2 May.", "Bob Ray <b@x.example>, 2026年2月27日(金) 9:12"),
        ("2026/02/27 9:12、Bob Rayのメール:\n> On 2 May.", "Bob Ray, 2026/02/27 9:12"),
        (
            "Den fre 27 feb. 2026 kl 09:12 skrev Bob Ray <b@x.example>:\n> On 2 May.",
            "Bob Ray <b@x.example>, Den fre 27 feb. 2026 kl 09:12",
        ),
        (
            "差出人: Bob Ray <b@x.example>\n送信日時: 2026年2月27日 9:12\n宛先: a\n件名: x\n\nOn 2 May.",
            "Bob Ray <b@x.example>, 2026年2月27日 9:12",
        ),
        ("---- 转发邮件信息 ----\n发件人：Bob Ray\n发送日期：2026-02-27\n主题：Count\n\nOn 2 May.", "Bob Ray, 2026-02-27"),
        (
            "---- 回复的原邮件 ----\n| 发件人 | Bob Ray |\n| 日期 | 2026年02月27日 |\n| 主题 | Count |\nOn 2 May.",
            "Bob Ray, 2026年02月27日",
        ),
        (
            '-- Original Message --\nFrom: "Bob Ray";\nSent: Friday, 27 Feb 2026\nSubject: x\n\nOn 2 May.',
            "Bob Ray, Friday, 27 Feb 2026",
        ),
    ],
)
def test_heads_of_quoted_mails_in_the_forms_of_many_programs(tmp_path: Path, head: str, named: str) -> None:
    assert texts(tmp_path, "a.eml", mail(f"On 9 May.\n\n{head}\n"))[2:] == [
        "On 9 May.",
        f"Earlier message from {named}",
        "On 2 May.",
    ]


def test_what_is_quoted_between_answers_is_one_mail(tmp_path: Path) -> None:
    text = "Bob Ray wrote:\n> When?\nOn 9 May.\n> Where?\nIn hall 7.\n"

    assert texts(tmp_path, "a.eml", mail(text))[2:] == ["On 9 May.\nIn hall 7.", "Earlier message from Bob Ray", "When?\nWhere?"]


def test_a_colon_at_the_end_of_a_sentence_quotes_nothing(tmp_path: Path) -> None:
    assert texts(tmp_path, "a.eml", mail("Bob Ray wrote:\n\nTwo pages about tents.\n"))[2:] == [
        "Bob Ray wrote:",
        "Two pages about tents.",
    ]


def test_an_invitation_tells_how_often_and_for_whom(tmp_path: Path) -> None:
    event = "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:Walk", "DTSTART:20261012T140000Z"),
            *(
                "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=4",
                "ATTENDEE;CN=Bob:mailto:bob@x.example",
                "ATTENDEE:mailto:cy@x.example",
            ),
            *("END:VEVENT", "END:VCALENDAR"),
        ]
    )
    assert texts(tmp_path, "a.eml", mail(event, subtype="calendar"))[-1].split("\n") == [
        *("Event: Walk", "Start: 2026-10-12 14:00 UTC", "Repeats: every 2 weeks on Monday, Friday, 4 times"),
        "Attendees: Bob <bob@x.example>, cy@x.example",
    ]


PLAIN = "The fee is 30 45 euros, a loan lasts 142 days.\n\nDogs may come along.\n\nBoat\n\nOwner\n\nElm\n\nAnn\n"
PAGE = (
    "<p>The fee is <s>30</s> 45 euros, a loan lasts 14<sup>2</sup> days.</p><p><del>Dogs may come along.</del></p>"
    "<table><tr><th>Boat</th><th>Owner</th></tr><tr><td>Elm</td><td>Ann</td></tr></table>"
)
SHOWN = ["The fee is 45 euros, a loan lasts 14² days.", "Boat | Owner\nElm | Ann"]


def with_page(plain: str, page: str, *, name: str = "", content: str = "") -> bytes:
    """A mail that says the same twice, its page with a file beside it if that has a name."""
    message = EmailMessage()
    message["From"], message["Subject"] = "a@x.example", "Count"
    message.set_content(plain)
    message.add_alternative(page, subtype="html")
    if name:
        message.get_payload(1).add_related(content, subtype="csv", filename=name, cid="<one>")
    return message.as_bytes()


def test_the_page_of_a_mail_is_read_rather_than_the_plain_words_beside_it(tmp_path: Path) -> None:
    found, warnings = read(tmp_path, "a.eml", with_page(PLAIN, PAGE))
    assert found[2:] == SHOWN
    assert warnings["struck_out"]["count"] == 2

    found, warnings = read(tmp_path, "a.msg", msg({0x0037: "Fees", 0x1000: PLAIN, 0x1013: PAGE.encode()}))
    assert found[-2:] == SHOWN
    assert warnings["struck_out"]["count"] == 2


def test_what_lies_beside_a_page_is_read_whichever_way_is_taken(tmp_path: Path) -> None:
    table = {"name": "a.csv", "content": "Boat,Owner\nElm,Ann\n"}

    for page in ("<p>The boats are listed below, with their owners.</p>", '<p><img src="cid:one"></p>'):
        found = texts(tmp_path, "a.eml", with_page("The boats are listed below, with their owners.\n", page, **table))
        assert found[2] == "The boats are listed below, with their owners."
        assert found[-1] == "Boat: Elm; Owner: Ann"


def test_a_stub_in_no_known_words_gives_way_to_the_page(tmp_path: Path) -> None:
    stub = "Please view this message in an app that can show it as it was meant.\n"

    assert texts(tmp_path, "a.eml", with_page(stub, "<p>Your order of six oars arrives on 19 May.</p>"))[2:] == [
        "Your order of six oars arrives on 19 May."
    ]


EVENTS = "\r\n".join(
    [
        *(
            "BEGIN:VCALENDAR",
            "METHOD:CANCEL",
            "X-WR-CALNAME:Works",
            "BEGIN:VEVENT",
            "SUMMARY:Stocktaking",
            "DTSTART;VALUE=DATE:20260509",
        ),
        *("DTEND;VALUE=DATE:20260511", "BEGIN:VALARM", "DESCRIPTION:Reminder", "END:VALARM", "LOCATION:Hall 2"),
        *("ATTENDEE;CN=Bob;PARTSTAT=DECLINED:mailto:bob@x.example", "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:Call"),
        *("DTSTART;TZID=Europe/Berlin:20260601T100000", "DURATION:PT1H30M", "RRULE:FREQ=DAILY;COUNT=3"),
        *(
            "EXDATE;TZID=Europe/Berlin:20260602T100000",
            "END:VEVENT",
            "BEGIN:VTODO",
            "SUMMARY:Order salt",
            "DUE:20261001",
            "END:VTODO",
        ),
        *("END:VCALENDAR", ""),
    ]
)
SHOWN_EVENTS = [
    *("Stocktaking", "Event: Stocktaking\nStart: 2026-05-09\nEnd: 2026-05-10\nLocation: Hall 2\nStatus: CANCELLED\n"),
    *("Call", "Event: Call\nStart: 2026-06-01 10:00 (Europe/Berlin)\nDuration: 1 hour 30 minutes\nRepeats: every day, 3 times\n"),
    *("Order salt", "Task: Order salt\nDue: 2026-10-01\nStatus: CANCELLED"),
]
SHOWN_EVENTS[1] += "Attendees: Bob <bob@x.example> (declined)"
SHOWN_EVENTS[3] += "Not on: 2026-06-02 10:00 (Europe/Berlin)\nStatus: CANCELLED"


def test_a_calendar_is_read_as_a_file_and_attached_to_a_mail_once(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@x.example", "Dates"
    message.set_content("See the calendar.")
    message.add_alternative(EVENTS, subtype="calendar")
    message.add_attachment(EVENTS.encode(), maintype="application", subtype="ics", filename="dates.ics")
    alone = EmailMessage()
    alone["From"], alone["Subject"] = "a@x.example", "Dates"
    alone.add_attachment(EVENTS.encode(), maintype="application", subtype="octet-stream", filename="Dates.ICS")

    assert texts(tmp_path, "a.ics", EVENTS) == SHOWN_EVENTS
    assert texts(tmp_path, "a.eml", message.as_bytes())[2:] == ["See the calendar.", "\n".join(SHOWN_EVENTS[1::2])]
    assert texts(tmp_path, "b.eml", alone.as_bytes())[2:] == ["Dates.ICS", *SHOWN_EVENTS]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            "FYI\n\n-------- Forwarded Message --------\nSubject: \tFee\nDate: \tSun, 1 Mar 2026\nFrom: \tCem <c@x.example>\n\n"
            "It is 30.\n",
            "plain",
        ),
        (
            "<p>FYI</p><div>-------- Forwarded Message --------<table><tr><th>Subject: </th><td>Fee</td></tr><tr><th>Date: </th>"
            "<td>Sun, 1 Mar 2026</td></tr><tr><th>From: </th><td>Cem &lt;c@x.example&gt;</td></tr></table><p>It is 30.</p></div>",
            "html",
        ),
        ("FYI\n\n-----Original Appointment-----\nFrom: Cem <c@x.example>\nSent: Sun, 1 Mar 2026\nTo: Bob\n\nIt is 30.\n", "plain"),
    ],
)
def test_a_forwarded_mail_stands_under_its_sender_whatever_its_head_begins_with(tmp_path: Path, body: str, kind: str) -> None:
    heading = "Earlier message from Cem <c@x.example>, Sun, 1 Mar 2026"
    assert texts(tmp_path, "a.eml", mail(body, subtype=kind))[-3:] == ["FYI", heading, "It is 30."]
