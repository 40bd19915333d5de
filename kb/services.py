"""Changes to the knowledge base that a person makes and the audit remembers."""

import re
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, Unpack

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.editable import changed_names, check_row, check_values
from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from kb.editable import GROUP_NAMES, CollectionValues, serialize_values
from kb.models import Collection
from kb.slugs import slug_for
from retrieval.vocabulary import MAX_LINES, BadVocabulary, read_vocabulary

MAX_QUESTIONS = 12
MAX_QUESTION_CHARACTERS = 300
_ATTEMPTS = 5  # at an address that others take at the same moment
_LINE_END = re.compile(r"\r\n?")


def create_collection(*, user: User | None, **values: Unpack[CollectionValues]) -> Collection:
    """Make a collection, and record who may read it. Without a `slug` its address is made from its name. `user` None: the command
    line.

    Raises: ValuesRefused.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _save(Collection(), values, user=user)
        except IntegrityError:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("not reached")


@transaction.atomic
def change_collection(
    *, collection: Collection, user: User | None, is_tried: bool = False, **values: Unpack[CollectionValues]
) -> Collection:
    """Change what is given, leave the rest; records nothing where nothing differs. Its address stays. What is to be tried first is
    held back (the setting HOLD_CHANGES), unless `is_tried`: then the row that is returned has the value of before.

    Raises: ValuesRefused.
    """
    row = Collection.objects.select_for_update().get(pk=collection.pk)
    let_through: Mapping[str, Any] = values
    if settings.HOLD_CHANGES and not is_tried:
        clean_collection(copy(row), values)  # nobody tries what is no value
        let_through = import_string(settings.HOLD_CHANGES)(row, values, user=user)
    return _save(row, let_through, user=user)


def clean_collection(row: Collection, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they are kept, groups as rows; `row` holds them then, unsaved. Raises: ValuesRefused."""
    is_new = row.pk is None
    check_values(CollectionValues, values, is_new=is_new)
    problems: dict[str, list[str]] = {}
    kept = dict(values)
    for name, clean in _CLEANERS.items():
        if name in values:
            try:
                kept[name] = clean(values[name])
            except ValuesRefused as refused:
                problems[name] = refused.problems[""]
    if is_new:
        kept["name"] = kept.get("name", "")
        taken = set(Collection.objects.values_list("slug", flat=True))
        kept["slug"] = kept.get("slug") or slug_for(kept["name"], taken=taken)
        if kept["slug"] in taken:
            problems["slug"] = [_("Another collection already uses this address.")]
    for name in kept.keys() - problems.keys() - GROUP_NAMES:
        setattr(row, name, kept[name])
    try:
        check_row(row, names=kept.keys() - problems.keys() - GROUP_NAMES)
    except ValuesRefused as refused:
        problems |= refused.problems
    if problems:
        raise ValuesRefused(problems)
    return kept


def _save(row: Collection, values: Mapping[str, Any], *, user: User | None) -> Collection:
    is_new = row.pk is None
    before = {} if is_new else serialize_values(row)
    kept = clean_collection(row, values)
    row.save(update_fields=None if is_new else sorted(kept.keys() - GROUP_NAMES))
    for name in GROUP_NAMES:
        if name in kept:
            getattr(row, name).set(kept[name])
    after = serialize_values(row)
    changed = changed_names(before, after)
    if changed:
        record(
            "collection.created" if is_new else "collection.changed",
            by=actor_of(user),
            subject=f"collection:{row.slug}",
            summary=row.name,
            payload=after if is_new else after | {"changed": changed},
        )
    return row


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _lines(text: str) -> str:
    """Return a text with the line ends of one kind; browsers send others than programs."""
    return _LINE_END.sub("\n", text).strip()


def _questions(given: list[str]) -> list[str]:
    """Return the lines that say something."""
    questions = [line for line in map(_one_line, given) if line]
    if len(questions) > MAX_QUESTIONS:
        raise ValuesRefused({"": [_("Enter at most %(count)d questions.") % {"count": MAX_QUESTIONS}]})
    if any(len(question) > MAX_QUESTION_CHARACTERS for question in questions):
        raise ValuesRefused({"": [_("A suggested question can have at most 300 characters.")]})
    return questions


def _vocabulary(text: str) -> str:
    text = _lines(text)
    try:
        read_vocabulary(text)
    except BadVocabulary as error:
        message = _("This line is too long, or there are more than %(count)d lines: %(line)s")
        raise ValuesRefused({"": [message % {"count": MAX_LINES, "line": error.line[:80]}]}) from error
    return text


def _threshold(value: float | None) -> float | None:
    """Refuse what is no probability, "not a number" among it."""
    if value is not None and not 0 <= value <= 1:
        raise ValuesRefused({"": [_("Enter a number from 0 to 1.")]})
    return value


def _groups(names: list[str]) -> list[Group]:
    found = {group.name: group for group in Group.objects.filter(name__in=names)}
    if missing := [name for name in names if name not in found]:
        raise ValuesRefused({"": [_("Unknown groups: %(names)s.") % {"names": ", ".join(missing)}]})
    return list(found.values())


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "name": _one_line,
    "slug": str.strip,
    "description": _lines,
    "groups": _groups,
    "download_groups": _groups,
    "suggested_questions": _questions,
    "vocabulary": _vocabulary,
    "sufficiency_threshold": _threshold,
}
