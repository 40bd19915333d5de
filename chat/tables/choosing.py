"""Choose the table and the plan that a question fits, of the tables that were found."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.tables.grid import Table
from chat.tables.matrix import propose_over_matrix
from chat.tables.numbers import read_number
from chat.tables.plan import BadPlan, Operation
from chat.tables.records import propose_over_records
from chat.tables.running import Result, run_plan
from language.answer_types import AnswerType, answer_type
from language.dates import find_dates

_NEAR = 0.05  # of two documents' best plans: with less between them it is not sure which is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table and the document that it stands in. `rank`: of the document among those found, from 0."""

    table: Table
    document: str
    about: str  # title and name of the document
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    source: Source
    result: Result
    fit: float


def choose(question: str, sources: Sequence[Source], *, is_only: bool) -> Chosen | None:
    """Return what a question computes over one of the tables; None where it fits none for sure, or two that say different things.

    Args:
        is_only: the reader has no other table, so that words which it does not hold speak less against it.
    """
    found = [one for source in sources if (one := _compute(question, source, is_only=is_only)) is not None]
    found.sort(key=lambda one: (-one.fit, one.source.rank))
    if not found:
        return None
    best = found[0]
    for other in found[1:]:
        if best.fit - other.fit < _NEAR and outcome_of(other.result) != outcome_of(best.result):
            return None
    return best


def _compute(question: str, source: Source, *, is_only: bool) -> Chosen | None:
    proposals = [
        propose_over_records(question, source.table, about=source.about, is_only=is_only),
        propose_over_matrix(question, source.table, about=source.about, is_only=is_only),
    ]
    for proposal in sorted((one for one in proposals if one is not None), key=lambda one: -one.fit):
        try:
            chosen = Chosen(source=source, result=run_plan(proposal.plan, source.table), fit=proposal.fit)
        except BadPlan:
            continue
        if _is_of_kind(question, chosen.result):
            return chosen
    return None


def _is_of_kind(question: str, result: Result) -> bool:
    """Tell whether the cells of a look-up may be what is asked for: no date answers "where", no number "who"."""
    if result.plan.operation is not Operation.LOOKUP or answer_type(question) not in (AnswerType.PLACE, AnswerType.PERSON):
        return True
    return not all(read_number(cell.text) or any(find_dates(cell.text.casefold())) for cell in result.cells)


def outcome_of(result: Result) -> tuple[object, ...]:
    """Return what a result says, to be compared with another's."""
    return (result.value, tuple(one.text for one in result.cells), len(result.rows) if not result.cells else 0)
