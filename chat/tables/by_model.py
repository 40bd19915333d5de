"""Let a served model turn a question into a plan. It is checked: one that the question does not ask for is dropped."""

import json
import logging
import re
from pathlib import Path

from chat.tables.grid import Table
from chat.tables.matching import words_of, year_of
from chat.tables.plan import LABEL, Condition, Filter, Operation, Plan, check_plan, read_plan
from chat.tables.words import operations_of, years_of
from gateway.errors import ModelError
from gateway.layers.short_text import write_short_text
from gateway.ports import Choice
from language.scripts.answer_language import language_of

logger = logging.getLogger(__name__)

MAX_TOKENS, FIRST_TOKEN_S, TOTAL_S = 256, 2.0, 5.0
MOST_ROWS = 60  # whose labels and cells the model is shown
MOST_CHARACTERS = 6000
_FOLDER = Path(__file__).parent / "prompts"
_COUNTING = (Operation.COUNT, Operation.LIST, Operation.LOOKUP)


async def plan_by_model(question: str, table: Table, *, choice: Choice) -> Plan | None:
    """Return a plan that fits the table and keeps to the question; None where the model fails or writes anything else."""
    limits = {"first_token_s": FIRST_TOKEN_S, "total_s": TOTAL_S}
    try:
        written = await write_short_text(choice, _prompt(question, table), max_tokens=MAX_TOKENS, **limits)
    except (ModelError, TimeoutError) as error:
        logger.info("no plan, the model failed error=%s", type(error).__name__)
        return None
    return read_written(written, question, table)


def read_written(text: str, question: str, table: Table) -> Plan | None:
    """Return the plan in a model's text where it is one for this table and keeps to the question."""
    found = re.search(r"\{.*\}", text, re.DOTALL)
    try:
        data = json.loads(found.group()) if found else None
        if not isinstance(data, dict) or not data:
            return None
        plan = read_plan(data)
        check_plan(plan, table)
    except (ValueError, RecursionError) as error:  # BadPlan is one
        logger.info("a plan of the model was dropped: %s", str(error)[:120])
        return None
    return plan if keeps_to(plan, question) else None


def keeps_to(plan: Plan, question: str) -> bool:
    """Tell whether a plan does what the question asks: its operation, its years, its numbers, and rows and columns by its words."""
    asked = operations_of(question)
    if plan.operation not in (asked or _COUNTING):
        return False
    names = [*plan.columns, *(value for one in plan.filters for value in one.values)]
    years = {year for name in names if (year := year_of(name))}
    if not set(years_of(question)) <= years and set(years_of(question)):
        return False
    return all(_is_asked(one, question) for one in plan.filters) and all(
        year_of(column) or words_of(column) & words_of(question) for column in plan.columns
    )


def _is_asked(one: Filter, question: str) -> bool:
    if one.test is not Condition.IS:
        return one.values[0].replace(",", "") in question.replace(",", "")
    if one.column == LABEL:
        return all(words_of(value) & words_of(question) or (year_of(value) and year_of(value) in question) for value in one.values)
    return all(value.casefold() in question.casefold() or words_of(value) <= words_of(question) for value in one.values)


def _prompt(question: str, table: Table) -> str:
    template = (_FOLDER / f"plan.{language_of(question)}.txt").read_text("utf-8").strip()
    rows = "\n".join(
        json.dumps({"label": row.label, **{cell.column: cell.text for cell in row.cells}}, ensure_ascii=False)
        for row in table.rows[:MOST_ROWS]
    )
    return template.format(
        columns=json.dumps(table.columns, ensure_ascii=False), rows="\n" + rows[:MOST_CHARACTERS], question=question
    )
