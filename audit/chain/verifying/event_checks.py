"""What is recomputed of one event: its hash, its mark, its payload, its search facts."""

import hmac
import json
from collections.abc import Mapping

from audit.chain.canonical import sha256_hex
from audit.chain.marks.keys import EventKey
from audit.chain.rows import Row
from audit.chain.verifying.problems import Problem
from audit.looking.facts import hash_facts
from audit.models import Event, Payload

Keys = Mapping[str, EventKey]


def check_row(row: Row, sequence: int, *, keys: Keys | None) -> list[Problem]:
    """Return what is wrong with an event by itself. `keys`: None for a chain of before there were marks."""
    if row.event is None or row.fault:
        return [Problem(code="event_malformed", sequence=sequence, message=f"is malformed: {row.fault}")]
    problems = []
    if row.event.expected_hash() != row.hash:
        problems.append(Problem(code="event_altered", sequence=sequence, message="was altered: its hash does not match"))
    if keys is not None:
        problems += _check_mark(row.event, sequence, keys=keys)
    if row.payload_fault:
        message = f"has a malformed payload: {row.payload_fault}"
        return [*problems, Problem(code="payload_malformed", sequence=sequence, message=message)]
    problems += _check_payload(row.event, row.payload)
    if keys is not None:
        problems += _check_facts(row, sequence)
    return problems


def _check_mark(event: Event, sequence: int, *, keys: Keys) -> list[Problem]:
    key = keys.get(event.key_id)
    if not event.mark:
        message = "was not written by this installation: it bears no mark of its keys"
        return [Problem(code="unauthenticated", sequence=sequence, message=message)]
    if key is None:
        return [Problem(code="key_unknown", sequence=sequence, message=f"is marked with a key that is not here: {event.key_id}")]
    expected = key.mark(event_hash=event.hash, facts_hash=event.facts_hash)
    if not hmac.compare_digest(expected.encode(), event.mark.encode()):
        message = "was not written by this installation: its mark was made without the key"
        return [Problem(code="unauthenticated", sequence=sequence, message=message)]
    return []


def _check_facts(row: Row, sequence: int) -> list[Problem]:
    event, payload = row.event, row.payload
    if event is None or payload is None:
        return []
    if payload.erased_at is not None:
        found = "is searched by what was erased" if row.facts else ""
    else:
        try:
            found = "" if hash_facts(row.facts) == event.facts_hash else "is searched by other words than were recorded"
        except TypeError:
            found = "is searched by what is no text"
    return [Problem(code="facts_altered", sequence=sequence, message=found)] if found else []


def _check_payload(event: Event, payload: Payload | None) -> list[Problem]:
    if payload is None:
        return [Problem(code="payload_missing", sequence=event.sequence, message="has lost its payload")]
    if payload.erased_at is not None:
        if payload.body or event.summary or event.actor_name:
            return [Problem(code="payload_altered", sequence=event.sequence, message="was erased, and yet has content")]
        return []
    if sha256_hex(payload.body) != event.payload_hash:
        return [Problem(code="payload_altered", sequence=event.sequence, message="has an altered payload")]
    try:
        content = json.loads(payload.body)
        recorded = (content["actor_name"], content["summary"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return [Problem(code="payload_malformed", sequence=event.sequence, message="has a malformed payload: it is no envelope")]
    if recorded != (event.actor_name, event.summary):
        message = "was altered: its name or summary is another"
        return [Problem(code="event_altered", sequence=event.sequence, message=message)]
    return []
