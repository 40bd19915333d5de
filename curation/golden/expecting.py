"""What an answer must tell, and what of it an answer does not. Plain strings: whoever reads the list can judge it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from language.quantities import normalize

OR = " | "  # between the wordings of one fact, as people write and read them
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ASCII = re.compile(r"[0-9A-Za-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """`facts`: of each tuple one wording must be told. `documents`: names, each must be cited."""

    is_refusal: bool = False
    facts: tuple[tuple[str, ...], ...] = ()
    documents: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"is_refusal": self.is_refusal, "facts": [list(fact) for fact in self.facts], "documents": list(self.documents)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """`code`: "refused", "answered", "fact" (not told), "document" (not cited), "no_question" (taken for small talk)."""

    code: str
    value: str = ""

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "value": self.value}


def compare(expected: Expected, answer: Mapping[str, Any]) -> tuple[Miss, ...]:
    """Return what an answer in the contract's JSON lacks; nothing where it is as expected."""
    outcome = answer.get("outcome")
    if expected.is_refusal:
        return () if outcome == "refused" else (Miss(code="answered"),)
    if outcome != "answered":
        return (Miss(code="refused" if outcome == "refused" else "no_question"),)
    told = fold("\n".join(row["text"] for row in answer.get("sentences", ())))
    missing = [Miss(code="fact", value=OR.join(fact)) for fact in expected.facts if not any(tells(told, one) for one in fact)]
    rows = (*answer.get("citations", ()), *answer.get("listed", ()))
    cited = {row.get("document", "") for row in rows}
    missing += [Miss(code="document", value=name) for name in expected.documents if name not in cited]
    return tuple(missing)


def tells(folded: str, wording: str) -> bool:
    """Tell whether a folded text holds a wording as whole words: "6 hours" is not in "16 hours", nor 6 in 6.5."""
    wanted = fold(wording)
    if not wanted:
        return False
    before = r"(?<![0-9A-Za-z])" + (r"(?<!\d\.)" if wanted[0].isdigit() else "") if _ASCII.match(wanted[0]) else ""
    after = r"(?![0-9A-Za-z])" + (r"(?!\.\d)" if wanted[-1].isdigit() else "") if _ASCII.match(wanted[-1]) else ""
    return re.search(f"{before}{re.escape(wanted)}{after}", folded) is not None


def fold(text: str) -> str:
    """Return a text in one case, width and spacing, its numbers without separators of thousands."""
    return " ".join(_THOUSANDS.sub("", normalize(text)).casefold().split())


def read_fact(text: str) -> tuple[str, ...]:
    """Return the wordings of a fact as people write it: "6 hours | six hours"."""
    return tuple(part.strip() for part in text.split("|") if part.strip())


def write_facts(facts: Sequence[Sequence[str]]) -> str:
    """Return facts as people write them, one a line."""
    return "\n".join(OR.join(fact) for fact in facts)
