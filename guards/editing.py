"""Making and changing guards; who may is the caller's to ask, but for the collection that a guard is given."""

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict, Unpack

import regex
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.editable import changed_names, check_row, check_values, readable_names, strip_texts
from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from gateway.models import ServedModel
from guards.kinds.patterns import compile_pattern
from guards.models import Guard
from kb.models import Collection

MOST_RULES = 2_000
LONGEST_RULES = 50_000  # characters
MOST_TOPICS = 50  # each is embedded with every question
_WITH_RULES = (Guard.Kind.WORDS, Guard.Kind.PATTERNS, Guard.Kind.TOPICS, Guard.Kind.ONLY_TOPICS, Guard.Kind.CLASSIFIER)
_TOPICS = (Guard.Kind.TOPICS, Guard.Kind.ONLY_TOPICS)
_BY_MODEL = (Guard.Kind.LLAMA_GUARD, Guard.Kind.CLASSIFIER)


class GuardValues(TypedDict, total=False):
    """`collection`: its address, "" for all; `model`: a language model by its name."""

    name: str
    kind: Annotated[str, "words, patterns, topics, only_topics, personal, planted, llama_guard or classifier"]
    side: Annotated[str, "question, passages or answer"]
    mode: Annotated[str, "off, monitor or block"]
    language: Annotated[str, "en, zh, or empty for every language"]
    collection: Annotated[str, "address; empty: all collections, which knowledge admins alone may guard"]
    terms: Annotated[str, "a rule a line; of a classifier its policy"]
    threshold: Annotated[float, "of topics: how near a text must be, 0 to 1"]
    model: Annotated[str, "of classifiers: the name of a language model"]
    message_en: str
    message_zh: str


@transaction.atomic
def create_guard(*, user: User | None, **values: Unpack[GuardValues]) -> Guard:
    """Make a guard. Args: user: None for the command line. Raises: ValuesRefused."""
    return _save(Guard(), values, user=user)


@transaction.atomic
def change_guard(*, guard: Guard, user: User | None, **values: Unpack[GuardValues]) -> Guard:
    """Change what is given, leave the rest; it holds from the next question on. Raises: ValuesRefused."""
    return _save(Guard.objects.select_for_update(of=("self",)).select_related("collection").get(pk=guard.pk), values, user=user)


@transaction.atomic
def delete_guard(guard: Guard, *, user: User | None) -> None:
    """Delete it; what it found stays in the audit."""
    record("guard.deleted", by=actor_of(user), subject=f"guard:{guard.uid}", summary=guard.name, payload=serialize_guard(guard))
    guard.delete()


def clean_guard(guard: Guard, values: Mapping[str, Any], *, user: User | None) -> None:
    """Put the values into `guard`, unsaved. Raises: ValuesRefused."""
    check_values(GuardValues, values, is_new=guard.pk is None)
    kept: dict[str, Any] = strip_texts(values, "name", "message_en", "message_zh", "model", "collection")
    problems: dict[str, list[str]] = {}
    if "collection" in kept or guard.pk is None:
        slug = kept.pop("collection", "")
        try:
            guard.collection = _collection(slug, user)
        except ValuesRefused as refused:
            problems |= refused.problems
    for name, value in kept.items():
        setattr(guard, name, value)
    problems |= _problems_of(guard)
    if problems:
        raise ValuesRefused(problems)
    check_row(guard, names=["name", "kind", "side", "mode", "language", "message_en", "message_zh"])


def _collection(slug: str, user: User | None) -> Collection | None:
    if not slug:
        if user is not None and not user.is_knowledge_admin:
            raise ValuesRefused({"collection": [_("Choose one of the collections that you run.")]})
        return None
    rows = Collection.objects.live() if user is None else Collection.objects.manageable_by(user)
    found = rows.filter(slug=slug).first()
    if found is None:
        raise ValuesRefused({"collection": [_("There is no collection of this address that you run.")]})
    return found


def _problems_of(guard: Guard) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    rules = guard.rules
    most = MOST_TOPICS if guard.kind in _TOPICS else MOST_RULES
    if guard.kind in _WITH_RULES and not rules:
        problems["terms"] = [_("Write at least one rule, one a line.")]
    elif len(rules) > most or len(guard.terms) > LONGEST_RULES:
        limits = {"count": most, "characters": LONGEST_RULES}
        problems["terms"] = [_("A guard has at most %(count)d rules and %(characters)d characters.") % limits]
    elif guard.kind == Guard.Kind.PATTERNS and (broken := _broken_pattern(rules)):
        problems["terms"] = [_("“%(line)s” is no regular expression.") % {"line": broken[:80]}]
    if not 0 <= guard.threshold <= 1:
        problems["threshold"] = [_("A number between 0 and 1.")]
    if guard.kind in _BY_MODEL:
        if guard.side == Guard.Side.PASSAGES:
            problems["side"] = [_("A model judges questions and answers, not passages.")]
        if not ServedModel.objects.filter(name=guard.model, style=ServedModel.Style.MARKERS).exists():
            problems["model"] = [_("Name a language model that answers in plain text.")]
    return problems


def _broken_pattern(rules: tuple[str, ...]) -> str:
    for line in rules:
        try:
            compile_pattern(line)
        except regex.error:
            return line
    return ""


def serialize_guard(guard: Guard) -> dict[str, Any]:
    """Return every value as programs write it."""
    values = {name: getattr(guard, name) for name in readable_names(GuardValues)}
    return values | {"collection": guard.collection.slug if guard.collection else ""}


def _save(guard: Guard, values: Mapping[str, Any], *, user: User | None) -> Guard:
    is_new = guard.pk is None
    before = {} if is_new else serialize_guard(guard)
    clean_guard(guard, values, user=user)
    guard.save()
    after = serialize_guard(guard)
    if changed := changed_names(before, after):
        action = "guard.created" if is_new else "guard.changed"
        payload = after if is_new else after | {"changed": changed}
        record(action, by=actor_of(user), subject=f"guard:{guard.uid}", summary=guard.name, payload=payload)
    return guard
