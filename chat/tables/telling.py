"""Tell what was computed, with the rule that was applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.tables.grid import Row
from chat.tables.numbers import read_number, write_number
from chat.tables.plan import LABEL, SECTION, Condition, Filter, Operation
from chat.tables.running import Result, Taken

MOST_LINES = 50
_SIGNS = {Condition.IS: "=", Condition.MORE: ">", Condition.LESS: "<", Condition.AT_LEAST: "≥", Condition.AT_MOST: "≤"}


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and the rows that it rests on. `prefix`: layout before it."""

    text: str
    rows: tuple[Row, ...]
    prefix: str = ""


def tell(result: Result) -> list[Statement]:
    """Return the sentences, in the active language; the first one tells the result."""
    match result.plan.operation:
        case Operation.COUNT | Operation.LIST if not result.cells and result.plan.threshold is None:
            return _rows(result)
        case Operation.LOOKUP:
            return [Statement(text, tuple(dict.fromkeys(one.row for one in cells))) for text, cells in _cells_by_row(result)]
        case Operation.COLUMNS:
            return [
                Statement(_("The columns of the table are %(listed)s.") % {"listed": ", ".join(result.plan.columns)}, result.rows)
            ]
        case Operation.LARGEST | Operation.SMALLEST:
            return [_extreme(result)]
    return [Statement(_computed(result), tuple(dict.fromkeys(one.row for one in result.cells)) or result.rows)]


def _rows(result: Result) -> list[Statement]:
    """Tell how many rows there are, and which."""
    number, every = len(result.rows), len(result.counted)
    rule = _rule(result)
    if rule:
        head = ngettext("%(count)s of %(all)s row: %(rule)s.", "%(count)s of %(all)s rows: %(rule)s.", every)
    else:
        head = ngettext("The table has %(all)s row.", "The table has %(all)s rows.", every)
    shown = result.rows[:MOST_LINES]
    lines = [Statement(row.label or _line(row), (row,), "\n- ") for row in shown]
    rest = (
        [Statement(_("And %(count)s more.") % {"count": number - len(shown)}, result.rows[MOST_LINES:], "\n\n")]
        if number > len(shown)
        else []
    )
    # What counts nothing rests on all rows that were looked at.
    return [Statement(head % {"count": number, "all": every, "rule": rule}, result.rows or result.counted), *lines, *rest]


def _line(row: Row) -> str:
    return "; ".join(f"{cell.column}: {cell.text}" if cell.column else cell.text for cell in row.cells)


def _cells_by_row(result: Result) -> list[tuple[str, list[Taken]]]:
    found: list[tuple[str, list[Taken]]] = []
    for row in result.rows:
        cells = [one for one in result.cells if one.row is row]
        if cells:
            values = "; ".join(f"{one.column}: {one.text}" if one.column else one.text for one in cells)
            label = f"{result.table.label_column} {row.label}".strip() if read_number(row.label) else row.label
            name = ", ".join(part for part in (row.section, label) if part)
            found.append((f"{name} – {values}{_scale(result, cells)}", cells))
    return found


def _extreme(result: Result) -> Statement:
    best, every = result.cells, result.counted
    is_largest = result.plan.operation is Operation.LARGEST
    if len(result.rows) == 1:  # over the columns of one row
        named = {"where": " / ".join(one.column for one in best), "name": result.rows[0].label, "value": best[0].text}
        text = _("%(name)s is largest in %(where)s: %(value)s") if is_largest else _("%(name)s is smallest in %(where)s: %(value)s")
        return Statement(text % named + f"{_scale(result, best)}.", result.rows)
    named = {
        "where": " / ".join(one.row.label for one in best),
        "name": best[0].column,
        "value": best[0].text + _scale(result, best),
        "all": str(len(result.rows)),
        "rule": f" ({rule})" if (rule := _rule(result)) else "",
    }
    if is_largest:
        text = _("%(where)s has the largest “%(name)s” of %(all)s rows%(rule)s: %(value)s.")
    else:
        text = _("%(where)s has the smallest “%(name)s” of %(all)s rows%(rule)s: %(value)s.")
    return Statement(text % named, tuple(one.row for one in best) if len(every) > MOST_LINES else result.rows)


def _computed(result: Result) -> str:
    cells, value = result.cells, result.value or Decimal(0)
    unit, scale = _unit(cells), _scale(result, cells)
    is_one_row = len({id(one.row) for one in cells}) == 1
    names = [one.column if is_one_row else one.row.label for one in cells]
    about = result.rows[0].label if result.rows and (is_one_row or not cells) else (cells[0].column if cells else "")
    listed = "; ".join(f"{name}: {one.text}" for name, one in zip(names, cells, strict=True))
    named = {"about": about, "value": write_number(value, places=2) + unit, "count": len(cells), "listed": listed, "scale": scale}
    match result.plan.operation:
        case Operation.COUNT:
            named |= {"rule": _condition(about, result.plan.threshold), "value": str(len(cells)), "all": len(result.plan.columns)}
            return _("%(value)s of %(all)s: %(rule)s (%(listed)s).") % named
        case Operation.SUM if len(cells) > 6:
            return _("The sum of “%(about)s” over %(count)s rows%(rule)s is %(value)s%(scale)s.") % (named | _where(result))
        case Operation.AVERAGE if len(cells) > 6:
            return _("The average of “%(about)s” over %(count)s rows%(rule)s is %(value)s%(scale)s.") % (named | _where(result))
        case Operation.SUM:
            return _("The sum of “%(about)s” is %(value)s%(scale)s (%(listed)s).") % named
        case Operation.AVERAGE:
            return _("The average of “%(about)s” is %(value)s%(scale)s (%(listed)s).") % named
    first, last = cells[0], cells[-1]
    named |= {"first": first.text, "last": last.text, "from": names[0], "to": names[-1]}
    if result.plan.operation is Operation.DIFFERENCE:
        return _("%(about)s: %(to)s (%(last)s) less %(from)s (%(first)s) is %(value)s%(scale)s.") % named
    if result.plan.operation is Operation.CHANGE:
        named["value"] = write_number(value, places=2)
        return _("%(about)s: from %(from)s (%(first)s) to %(to)s (%(last)s) it changes by %(value)s%%.") % named
    named |= {"value": write_number(value, places=2), "percent": write_number(value * 100, places=2)}
    return _("%(about)s: %(from)s (%(first)s) divided by %(to)s (%(last)s) is %(value)s (%(percent)s%%).") % named


def _where(result: Result) -> dict[str, str]:
    rule = _rule(result)
    return {"rule": f" ({rule})" if rule else ""}


def _rule(result: Result) -> str:
    """Return the conditions in one form for both languages: "Status = closed, Seats > 20"."""
    return ", ".join(_condition(one.column, one) for one in result.plan.filters if one.column not in (LABEL, SECTION))


def _condition(name: str, one: Filter | None) -> str:
    return f"{name} {_SIGNS[one.test]} {' / '.join(one.values)}" if one else name


def _unit(cells: Sequence[Taken]) -> str:
    units = {one.number.unit for one in cells if one.number is not None and one.number.unit}
    unit = units.pop() if len(units) == 1 else ""
    return unit if unit in ("", "%", "¢", "°") else f" {unit}"


def _scale(result: Result, cells: Sequence[Taken]) -> str:
    """Return " (in thousands)" where the table counts so and these cells are no shares."""
    scale = result.table.scale
    if not scale or any(one.number is None or one.number.unit for one in cells):
        return ""
    named = {"thousand": _("in thousands"), "million": _("in millions"), "billion": _("in billions")}
    return f" ({named.get(scale, scale)})"
