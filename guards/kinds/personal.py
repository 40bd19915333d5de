"""Personal data, found as masking finds it before a text leaves the company."""

from gateway.masking.detect import Kind, find_personal_data
from guards.models import Guard


def find(guard: Guard, text: str) -> list[str]:
    """Return the kinds of personal data in the text, such as "EMAIL"; of those that the guard names, where it names any."""
    wanted = {line.upper() for line in guard.rules} or set(Kind)
    return sorted({str(found.kind) for found in find_personal_data(text)} & wanted)
