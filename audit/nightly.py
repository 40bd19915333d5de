"""Verifying the whole audit once a day, in slices between which others work; what a restart interrupts goes on where it was.

State and outcome lie beside the database (`ATTEST_HOME/audit/verification.json`), where who forges rows cannot change them.
"""

import fcntl
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.chain.verification import verify_part
from audit.chain.verifying.problems import Problem, Verification
from audit.chain.verifying.walking import Standing
from audit.services import record

logger = logging.getLogger(__name__)
STATE_NAME = "verification.json"
PART = 2_000  # events
SLICE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of the last verification that came to its end."""

    finished_at: datetime
    events: int
    problems: tuple[Problem, ...]


def verify_when_due(*, now: datetime | None = None, slice_s: float = SLICE_S) -> bool:
    """Begin the day's verification, or go on with it, for about `slice_s` seconds. Returns: whether it came to its end."""
    root, now = Path(settings.AUDIT_ROOT), now or timezone.now()
    with _alone(root) as is_alone:
        if not is_alone:
            return False
        state = _read(root)
        if "standing" not in state:
            if not _is_due(state.get("finished_at"), now=now):
                return False
            state["standing"] = Standing().as_json()
        deadline = time.monotonic() + slice_s
        while True:
            found, standing = verify_part(Standing.from_json(state["standing"]), at_most=PART)
            if standing is None:
                break
            state["standing"] = standing.as_json()
            _write(root, state)
            if time.monotonic() >= deadline:
                return False
        _write(root, _outcome(found))
    _tell(found)
    return True


def last_outcome() -> Outcome | None:
    """Return what the last whole verification found, None before the first one."""
    state = _read(Path(settings.AUDIT_ROOT))
    if "finished_at" not in state:
        return None
    problems = tuple(Problem(**problem) for problem in state["problems"])
    return Outcome(finished_at=datetime.fromisoformat(state["finished_at"]), events=state["events"], problems=problems)


def _is_due(finished_at: str | None, *, now: datetime) -> bool:
    local = timezone.localtime(now)
    today = local.replace(hour=settings.AUDIT_VERIFY_HOUR, minute=0, second=0, microsecond=0)
    latest = today if local >= today else today - timedelta(days=1)
    return finished_at is None or datetime.fromisoformat(finished_at) < latest


def _outcome(found: Verification) -> dict[str, Any]:
    return {
        "finished_at": timezone.now().isoformat(),
        "events": found.events,
        "problems": [asdict(problem) for problem in found.problems],
    }


def _tell(found: Verification) -> None:
    codes = [problem.code for problem in found.problems]
    record("audit.verified", summary=", ".join(codes), payload={"events": found.events, "problems": codes, "nightly": True})
    if codes:
        first = found.problems[0]
        logger.error("ALARM: the audit is not intact: event %d %s [%s]", first.sequence, first.message, first.code)
    else:
        logger.info("the audit is intact: %d events", found.events)


def _read(root: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((root / STATE_NAME).read_bytes())
    except (OSError, ValueError):
        return {}  # none yet, or torn: it begins again
    return state


def _write(root: Path, state: dict[str, Any]) -> None:
    temporary = root / f"{STATE_NAME}.tmp"
    temporary.write_text(json.dumps(state))
    temporary.replace(root / STATE_NAME)


@contextmanager
def _alone(root: Path) -> Iterator[bool]:
    root.mkdir(parents=True, exist_ok=True)
    with (root / "verification.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
