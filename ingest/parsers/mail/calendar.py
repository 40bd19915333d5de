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
}
ESCAPED = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}
MAX_LINES = 5000


def calendar_lines(text: str) -> Iterator[str]:
    """Yield "Event: …", "Start: 2026-05-09 06:00 (Europe/Berlin)" and so on for each event."""
    is_open = False
    for line in FOLDED.sub("", text).splitlines()[:MAX_LINES]:
        match = LINE.match(line.strip())
        if match is None:
            continue
        name, value = match["name"], match["value"]
        if name in ("BEGIN", "END"):
            is_open = value == "VEVENT" if name == "BEGIN" else is_open and value != "VEVENT"
        elif is_open and name in LABELS and value:
            parameters = {found["key"]: found["value"] for found in PARAMETER.finditer(match["parameters"])}
            yield f"{LABELS[name]}: {_written(name, value, parameters)}"


def _written(name: str, value: str, parameters: dict[str, str]) -> str:
    if name == "ORGANIZER":
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        return f"{parameters['CN']} <{address}>" if "CN" in parameters else address
    if name in ("DTSTART", "DTEND"):
        match = MOMENT.match(value)
        if match is None:
            return value
        zone = " UTC" if match[6] else f" ({parameters['TZID']})" if "TZID" in parameters else ""
        return f"{match[1]}-{match[2]}-{match[3]}" + (f" {match[4]}:{match[5]}{zone}" if match[4] else "")
    return re.sub(r"\\[nN,;\\]", lambda found: ESCAPED[found.group()], value).strip()
