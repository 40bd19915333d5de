"""Invitations in mails, and calendars: what, when and where, as lines. Source: RFC 5545."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from ingest.parsers.content import Items, Opening
from ingest.parsers.flow import Flow
from ingest.parsers.plain.encoding import detect_encoding

FOLDED = re.compile(r"\r?\n[ \t]")
LINE = re.compile(r'^(?P<name>[A-Z-]+)(?P<parameters>(?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(?P<value>.*)$')
PARAMETER = re.compile(r';(?P<key>TZID|CN|PARTSTAT)="?(?P<value>[^;":]+)"?')
MOMENT = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?$")
LABELS = {
    "SUMMARY": "Event",
    "DTSTART": "Start",
    "DTEND": "End",
    "DUE": "Due",
    "DURATION": "Duration",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
    "STATUS": "Status",
    "DESCRIPTION": "Description",
    "RRULE": "Repeats",
    "RDATE": "Also on",
    "EXDATE": "Not on",
}
TITLES = ("Event: ", "Task: ")
TASK = "VTODO"
EVENTS = frozenset(("VEVENT", TASK))
MOMENTS = frozenset(("DTSTART", "DTEND", "DUE", "RDATE", "EXDATE"))
DAY = re.compile(r"^\d{8}$")
DURATION = re.compile(
    r"^\+?P(?:(?P<week>\d{1,5})W)?(?:(?P<day>\d{1,5})D)?(?:T(?:(?P<hour>\d{1,5})H)?(?:(?P<minute>\d{1,5})M)?(?:\d{1,5}S)?)?$"
)
ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
SAMPLE_BYTES = 128 * 1024
UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday", "SU": "Sunday"}
MAX_ATTENDEES = 50
ESCAPED = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}
MAX_LINES = 200_000


def parse_calendar(stream: BinaryIO, *, name: str) -> Items:
    """Yield the events and tasks of a calendar, each under its name."""
    data = stream.read()
    text = data.decode(detect_encoding(data[:SAMPLE_BYTES]), "replace")
    flow = Flow()
    named = re.search(r"^X-WR-CALNAME[^:\n]*:(.*)$", FOLDED.sub("", text), re.MULTILINE)
    yield Opening(title=flow.cleaner.clean_line(_plain(named[1])) if named else "")
    for lines in events_in(text):
        title = next((line.partition(": ")[2] for line in lines if line.startswith(TITLES)), "")
        yield from flow.add("heading", flow.cleaner.clean_line(title), level=1)
        yield from flow.add("list", flow.cleaner.clean("\n".join(lines)))
    yield from flow.finish()


def calendar_lines(text: str) -> Iterator[str]:
    """Yield "Event: …", "Start: 2026-05-09 06:00 (Europe/Berlin)" and so on for each event."""
    for lines in events_in(text):
        yield from lines


def events_in(text: str) -> Iterator[list[str]]:
    """Yield the lines of each event or task; what stands in a part of it, as an alarm, is left out."""
    parts: list[str] = []  # that are open
    found = _Event()
    is_cancelled = False
    for line in FOLDED.sub("", text).splitlines()[:MAX_LINES]:
        match = LINE.match(line.strip())
        if match is None:
            continue
        name, value = match["name"].upper(), match["value"]
        if name == "BEGIN":
            parts.append(value.upper())
            found = _Event(is_task=value.upper() == TASK) if value.upper() in EVENTS else found
        elif name == "END":
            del parts[-1:]
            if value.upper() in EVENTS and (lines := found.lines(is_cancelled=is_cancelled)):
                yield lines
                found = _Event()
        elif parts and parts[-1] in EVENTS:
            found.add(name, value, _parameters(match["parameters"]))
        elif name == "METHOD":
            is_cancelled = value.strip().upper() == "CANCEL"


@dataclass(slots=True)
class _Event:
    """What is known of an event or a task. `values`: by label, in the order of the file."""

    is_task: bool = False
    values: dict[str, list[str]] = field(default_factory=dict)
    attendees: list[str] = field(default_factory=list)

    def add(self, name: str, value: str, parameters: dict[str, str]) -> None:
        label = "Task" if name == "SUMMARY" and self.is_task else LABELS.get(name)
        if name == "ATTENDEE":
            self.attendees += [_invited(value, parameters)] if len(self.attendees) < MAX_ATTENDEES else []
        elif label and (written := _written(name, value, parameters)):
            self.values.setdefault(label, []).append(written)

    def lines(self, *, is_cancelled: bool) -> list[str]:
        if is_cancelled:
            self.values.setdefault("Status", ["CANCELLED"])
        lines = [f"{label}: {', '.join(values)}" for label, values in self.values.items()]
        return [*lines, f"Attendees: {', '.join(self.attendees)}"] if self.attendees else lines


def _parameters(text: str) -> dict[str, str]:
    return {found["key"]: found["value"] for found in PARAMETER.finditer(text)}


def _written(name: str, value: str, parameters: dict[str, str]) -> str:
    if name == "ORGANIZER":
        return _person(value, parameters)
    if name == "DTEND" and DAY.match(value):
        return _day_before(value)  # a whole day ends where the next one begins
    if name in MOMENTS:
        return ", ".join(_moment(one, parameters.get("TZID", "")) for one in value.split(","))
    if name == "DURATION":
        return _duration(value)
    if name == "RRULE":
        return _repetition(dict(part.split("=", 1) for part in value.split(";") if "=" in part)) or value
    return _plain(value)


def _plain(value: str) -> str:
    return re.sub(r"\\[nN,;\\]", lambda found: ESCAPED[found.group()], value).strip()


def _person(value: str, parameters: dict[str, str]) -> str:
    address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
    return f"{parameters['CN']} <{address}>" if "CN" in parameters else address


def _invited(value: str, parameters: dict[str, str]) -> str:
    answer = ANSWERS.get(parameters.get("PARTSTAT", "").upper(), "")
    return f"{_person(value, parameters)}{f' ({answer})' if answer else ''}"


def _day_before(value: str) -> str:
    try:
        return (datetime.datetime.strptime(value, "%Y%m%d").date() - datetime.timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return value


def _duration(value: str) -> str:
    """Return "1 hour 30 minutes" of "PT1H30M"; the value itself where it is none."""
    match = DURATION.match(value)
    parts = [(int(number), unit) for unit, number in match.groupdict().items() if number] if match else []
    return " ".join(f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number) or value


def _moment(value: str, zone: str) -> str:
    match = MOMENT.match(value)
    if match is None:
        return value
    zone = " UTC" if match[6] else f" ({zone})" if zone else ""
    return f"{match[1]}-{match[2]}-{match[3]}" + (f" {match[4]}:{match[5]}{zone}" if match[4] else "")


def _repetition(rule: dict[str, str]) -> str:
    """Return "every 2 weeks on Monday, Friday, 4 times"; "" where the rule says no unit that people use."""
    unit, each = UNITS.get(rule.get("FREQ", "")), rule.get("INTERVAL", "1")
    if unit is None:
        return ""
    days = [f"{day[:-2]} {DAYS[day[-2:]]}".strip() for day in rule.get("BYDAY", "").split(",") if day[-2:] in DAYS]
    return "".join(
        (
            f"every {unit}" if each == "1" else f"every {each} {unit}s",
            f" on {', '.join(days)}" if days else "",
            f", {rule['COUNT']} times" if "COUNT" in rule else "",
            f", until {_moment(rule['UNTIL'], '')}" if "UNTIL" in rule else "",
        )
    )
