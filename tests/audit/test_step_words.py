"""Every step that is timed has words on the receipt's page."""

import re
from pathlib import Path

from audit.words import STEPS

ROOT = Path(__file__).resolve().parents[2]
_TIMED = re.compile(r"(?:\.lap|\.timed|\.mark|timings_ms\.setdefault)\(\s*\"([a-z_]+)\"|timings_ms\[\"([a-z_]+)\"\]")


def test_no_step_stands_on_the_page_by_its_name_in_the_code() -> None:
    sources = (path.read_text(encoding="utf-8") for folder in ("chat", "retrieval") for path in (ROOT / folder).rglob("*.py"))
    timed = {first or second for source in sources for first, second in _TIMED.findall(source)}
    assert {"search", "slot", "exact", "model_first_token"} <= timed  # it looks in the right places
    assert timed - set(STEPS) == set()
