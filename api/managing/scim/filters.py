"""A SCIM filter as a condition of the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from scim2_models import InvalidFilterException
from scim2_models.path import AttrPath, Comparison, FilterNode, FilterVisitor, LogicalExpr, Not, Present, ValuePath

OPERATORS = {"eq": "iexact", "co": "icontains", "sw": "istartswith", "ew": "iendswith"}
EXACT_OPERATORS = {"eq": "exact", "co": "contains", "sw": "startswith", "ew": "endswith"}
ORDERED = {"gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}


def _key(value: Any) -> Any:
    """Return an id as the database has it; one that is none here is nobody's."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 19 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Where an attribute is. `constant`: of what every row has the same."""

    path: str = ""
    is_exact: bool = False
    read: Callable[[Any], Any] | None = None  # from the filter's value to the database's
    constant: Any = None


PEOPLE: Mapping[str, Column] = {
    "id": Column(path="pk", is_exact=True, read=_key),
    "externalid": Column(path="provisioned__external_id", is_exact=True),
    "username": Column(path="username"),
    "name.givenname": Column(path="first_name"),
    "name.familyname": Column(path="last_name"),
    "emails": Column(path="email"),
    "emails.value": Column(path="email"),
    "emails.type": Column(constant="work"),
    "emails.primary": Column(constant=True),
    "active": Column(path="is_active", is_exact=True),
    "groups": Column(path="groups__pk", is_exact=True, read=_key),
    "groups.value": Column(path="groups__pk", is_exact=True, read=_key),
    "groups.display": Column(path="groups__name"),
    "meta.created": Column(path="date_joined", is_exact=True, read=parse_datetime),
}
GROUPS: Mapping[str, Column] = {
    "id": Column(path="pk", is_exact=True, read=_key),
    "externalid": Column(path="provisioned__external_id", is_exact=True),
    "displayname": Column(path="name"),
    "members": Column(path="user__pk", is_exact=True, read=_key),
    "members.value": Column(path="user__pk", is_exact=True, read=_key),
    "members.type": Column(constant="User"),
}


class QVisitor(FilterVisitor[Q]):
    """Raises: InvalidFilterException: an attribute that is not kept, or compared in a way that it cannot be."""

    def __init__(self, columns: Mapping[str, Column], *, inside: str = "") -> None:
        self.columns, self.inside = columns, inside

    def visit_comparison(self, node: Comparison) -> Q:
        column, operator, value = self._column(node.attr_path), str(node.op.value), node.value
        if operator == "ne":
            return ~self._compare(column, "eq", value)
        return self._compare(column, operator, value)

    def visit_present(self, node: Present) -> Q:
        column = self._column(node.attr_path)
        if not column.path:
            return Q(pk__isnull=False)
        present = Q(**{f"{column.path}__isnull": False})
        return present if column.is_exact and column.path != "provisioned__external_id" else present & ~Q(**{column.path: ""})

    def visit_not(self, node: Not) -> Q:
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Q:
        found = self.visit(node.terms[0])
        for term in node.terms[1:]:
            found = found & self.visit(term) if node.op.value == "and" else found | self.visit(term)
        return found

    def visit_value_path(self, node: ValuePath) -> Q:
        return QVisitor(self.columns, inside=node.attr_path.attr).visit(node.val_filter)

    def _column(self, path: AttrPath) -> Column:
        name = ".".join(part for part in (self.inside, path.attr, path.sub_attr) if part)
        column = self.columns.get(name.lower())
        if column is None:
            raise InvalidFilterException(detail=f"{name} cannot be filtered by")
        return column

    def _compare(self, column: Column, operator: str, value: Any) -> Q:
        if isinstance(value, str) and "\x00" in value:
            raise InvalidFilterException(detail="a value holds a character that cannot be stored")
        if not column.path:
            is_same = str(column.constant).lower() == str(value).lower()
            return Q(pk__isnull=not (is_same and operator == "eq"))
        read = column.read(value) if column.read is not None else value
        if read is None:
            if operator != "eq":
                raise InvalidFilterException(detail=f"{value!r} cannot be compared so")
            return Q(**{f"{column.path}__isnull": True}) | (Q() if column.is_exact else Q(**{column.path: ""}))
        lookup = ORDERED.get(operator) or (EXACT_OPERATORS if column.is_exact else OPERATORS)[operator]
        return Q(**{f"{column.path}__{lookup}": read})


def condition_of(node: FilterNode | None, columns: Mapping[str, Column]) -> Q:
    """Return the condition of a filter; of none, everything."""
    return Q() if node is None else QVisitor(columns).visit(node)


def order_of(sort_by: str | None, *, is_descending: bool, columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Return what rows are ordered by, always unambiguous. Raises: InvalidFilterException: not by that."""
    if not sort_by:
        return ("pk",)
    column = columns.get(sort_by.rpartition(":")[2].lower())
    if column is None or not column.path or "__pk" in column.path:
        raise InvalidFilterException(detail=f"{sort_by} cannot be sorted by")
    return (f"-{column.path}" if is_descending else column.path, "pk")
