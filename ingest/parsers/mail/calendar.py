"""Invitations in mails: what, when and where, as lines. Source: RFC 5545."""

import re
from collections.abc import Iterator

FOLDED = re.compile(r"\r?\n[ \t]")
LINE = re.compile(r'^(?P<name>[A-Z-]+)(?P<parameters>(?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(?P<value>.*)$')
PARAMETER = re.compile(r';(?P<key>TZID|CN)="?(?P<value>[^;":]+)"?')
MOMENT = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?$")
LABELS = {
    "SUMMARY": "Event",
    "DTSTART": "Start",
    "DTEND": "End",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
    "STATUS": "Status",
    "DESCRIPTION": "Description",
    "RRULE": "Repeats",
}
UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday", "SU": "Sunday"}
MAX_ATTENDEES = 50
ESCAPED = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}
MAX_LINES = 5000


def calendar_lines(text: str) -> Iterator[str]:
    """Yield "Event: …", "Start: 2026-05-09 06:00 (Europe/Berlin)" and so on for each event."""
    is_open = False
    attendees: list[str] = []
    for line in FOLDED.sub("", text).splitlines()[:MAX_LINES]:
        match = LINE.match(line.strip())
        if match is None:
            continue
        name, value = match["name"], match["value"]
        if name in ("BEGIN", "END"):
            is_open = value == "VEVENT" if name == "BEGIN" else is_open and value != "VEVENT"
            if attendees and not is_open:
                yield f"Attendees: {', '.join(attendees)}"
                attendees = []
        elif is_open and name == "ATTENDEE" and len(attendees) < MAX_ATTENDEES:
            attendees.append(_written(name, value, _parameters(match["parameters"])))
        elif is_open and name in LABELS and value:
            yield f"{LABELS[name]}: {_written(name, value, _parameters(match['parameters']))}"


def _parameters(text: str) -> dict[str, str]:
    return {found["key"]: found["value"] for found in PARAMETER.finditer(text)}


def _written(name: str, value: str, parameters: dict[str, str]) -> str:
    if name in ("ORGANIZER", "ATTENDEE"):
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        return f"{parameters['CN']} <{address}>" if "CN" in parameters else address
    if name in ("DTSTART", "DTEND"):
        return _moment(value, parameters.get("TZID", ""))
    if name == "RRULE":
        return _repetition(dict(part.split("=", 1) for part in value.split(";") if "=" in part)) or value
    return re.sub(r"\\[nN,;\\]", lambda found: ESCAPED[found.group()], value).strip()


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
