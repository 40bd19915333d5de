"""Names above columns: what may be one, and two rows of them as one."""

import re
from collections.abc import Iterable

NUMBER = re.compile(r"^[-+(]?[$€£¥]?\s?\d[\d,.\s]*\s?[%€£$]?\)?(?:[eE][-+]?\d+)?$")
YEAR_OR_DATE = re.compile(r"^(?:19|20)\d\d(?:[-/]\d{1,2}(?:[-/]\d{1,2})?)?$|^FY\s?\d\d(?:\d\d)?$|^Q[1-4]\b.*$")
MAX_HEADER_CHARACTERS = 120
Cells = list[tuple[int, str]]  # column from 0, text; blank ones left out


def is_word(text: str, longest: int) -> bool:
    """True for a text that is no number and no longer than a name."""
    return len(text) <= longest and not NUMBER.match(text)


def may_be_two_names(first: Cells, second: Cells) -> bool:
    """True for two rows of names: the lower has none below the first name above, as units of the others, or names below blanks.

    "2025", blank, "2026", blank stand above "Plan", "Actual", "Plan", "Actual", right of the first name.
    """
    if len(first) < 2 or len(second) < 2:
        return False
    are_groups = second[0][0] < first[0][0] and len(first) < len(second) and {n for n, _ in first} <= {n for n, _ in second}
    if second[0][0] <= first[0][0] and not are_groups:
        return False
    texts = [text for _, text in (*first, *second)]
    return all(YEAR_OR_DATE.match(text) or is_word(text, MAX_HEADER_CHARACTERS) for text in texts)


def join_names(upper: Cells, lower: Cells) -> Cells:
    """Return one row of names: "Adult" above "Single" is "Adult Single"; a name above counts for the blank ones beside it."""
    names, parts = dict(upper), dict(lower)
    joined: dict[int, str] = {}
    above = ""
    for column in sorted({*names, *parts}):
        above = names.get(column, above if column in parts else "")
        part = parts.get(column, "")
        joined[column] = above if part in ("", above) else f"{above} {part}".strip()
    return list(joined.items())


def column_runs(columns: Iterable[int]) -> list[range]:
    """Return columns as runs without a gap."""
    runs: list[range] = []
    for column in sorted(set(columns)):
        start = runs.pop().start if runs and runs[-1].stop == column else column
        runs.append(range(start, column + 1))
    return runs
