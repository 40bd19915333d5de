"""The values that people may set: one list for each kind of thing, read by its form, REST's schemas, seed files and the audit.

A list is a TypedDict: its keys are the names, its hints the values as programs write them (groups by their names, collections by
their addresses). `Annotated` adds marks and, as a text, what REST says about a field:

    class CollectionValues(TypedDict, total=False):
        name: str
        slug: Annotated[str, Mark.ONCE, "part of addresses; made from the name where empty"]

Services take such values by keyword; what is not given stays as it is.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses them, SQLite keeps them


class Mark(StrEnum):
    ONCE = "once"  # given when the thing is made, and stays
    LATER = "later"  # given by a change alone
    WRITE_ONLY = "write_only"  # accepted, and never returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Editable:
    """One entry of a list. `hint`: the type of its value, without marks; `about`: for people, in English."""

    name: str
    hint: Any
    marks: frozenset[Mark]
    about: str = ""


def read_list(values: type) -> tuple[Editable, ...]:
    """Return the entries of a list, in its order."""
    found = []
    for name, hint in get_type_hints(values, include_extras=True).items():
        bare, *extras = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        marks = frozenset(extra for extra in extras if isinstance(extra, Mark))
        about = next((extra for extra in extras if not isinstance(extra, Mark)), "")
        found.append(Editable(name=name, hint=bare, marks=marks, about=about))
    return tuple(found)


def names_of(values: type, *, without: Collection[Mark] = ()) -> tuple[str, ...]:
    """Return the names of a list without those that have one of the marks."""
    return tuple(entry.name for entry in read_list(values) if not entry.marks & set(without))


def readable_names(values: type) -> tuple[str, ...]:
    """Return the names of the values that may be shown to whoever manages the thing, and recorded in the audit."""
    return names_of(values, without=[Mark.WRITE_ONLY])


def changed_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names whose values differ between two states of a thing."""
    return sorted(name for name in after if before.get(name) != after[name])


def check_values(values: type, given: Mapping[str, Any], *, is_new: bool) -> None:
    """Check given values against the list. Raises: ValuesRefused: an unknown name, a value of another type, a character that
    cannot be stored, a value that does not change any more."""
    entries = {entry.name: entry for entry in read_list(values)}
    problems: dict[str, list[str]] = {}
    for name, value in given.items():
        entry = entries.get(name)
        if entry is None:
            problems[name] = [_("There is no such field.")]
        elif not is_new and Mark.ONCE in entry.marks:
            problems[name] = [_("This cannot be changed after creation.")]
        elif not fits(value, entry.hint):
            problems[name] = [_("The value has the wrong type.")]
        elif holds_unstorable(value):
            problems[name] = [_("This contains a character that cannot be stored.")]
    if problems:
        raise ValuesRefused(problems)


def check_row(row: Model, *, names: Collection[str]) -> None:
    """Check these fields and the model's constraints by the model's own rules. Raises: ValuesRefused."""
    others = [field.name for field in row._meta.fields if field.name not in names]
    try:
        row.full_clean(exclude=others)
    except ValidationError as error:
        found = error.message_dict
        raise ValuesRefused({"" if name == NON_FIELD_ERRORS else name: found[name] for name in found}) from error


def strip_texts(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the values, these without space around them, as forms send them."""
    return {name: value.strip() if name in names else value for name, value in given.items()}


def fits(value: Any, hint: Any) -> bool:
    """Tell whether a value is of a type; a whole number is also a number, True is neither."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin in (list, tuple, Sequence):
        return isinstance(value, list | tuple) and all(fits(item, parts[0]) for item in value)
    if origin is dict or hint is dict:
        return isinstance(value, dict)
    if hint is None or hint is NoneType:
        return value is None
    if hint is float and isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def holds_unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is not None
    if isinstance(value, dict):
        return any(holds_unstorable(part) for pair in value.items() for part in pair)
    return isinstance(value, list | tuple) and any(map(holds_unstorable, value))
