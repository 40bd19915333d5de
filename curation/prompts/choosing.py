"""Which version of a prompt writes an answer: what chat asks for by the setting PROMPTS."""

import hashlib

from curation.prompts.models import PromptVersion

State = PromptVersion.State


def choose_rules(name: str, subject: str, /) -> str:
    """Return the rules of a prompt; "" where those of the release hold.

    Args: subject: a conversation keeps its version while a canary runs: the same subject gets the same one.
    """
    rows = {row.state: row for row in PromptVersion.objects.filter(name=name, state__in=[State.ACTIVE, State.CANARY])}
    canary, active = rows.get(State.CANARY), rows.get(State.ACTIVE)
    if canary is not None and percentile_of(name, subject) < canary.share:
        return canary.text
    return active.text if active is not None else ""


def percentile_of(name: str, subject: str) -> int:
    """Return a number from 0 to 99 that is always the same for a subject."""
    return int.from_bytes(hashlib.sha256(f"{name} {subject}".encode()).digest()[:8]) % 100
