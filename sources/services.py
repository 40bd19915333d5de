"""Services of SQL sources: add, change, preview, run, pause, remove."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Unpack

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.editable import changed_names, check_row, check_values
from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from kb.models import Collection
from sources.address import check_typed, describe, parse_dsn
from sources.editable import SourceValues, serialize_source
from sources.errors import SourceFault
from sources.models import SqlSource
from sources.secret import seal, unseal
from sources.sql_rows import check_query, read_rows
from sources.wording import check_columns, columns_named, show_value, word_text, word_title

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

MAX_QUERY = 20_000
MAX_TEMPLATE = 10_000
PREVIEW_ROWS = 5
PREVIEW_TIMEOUT_S = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A row as it would be stored."""

    key: str
    title: str
    text: str


def create_source(*, collection: Collection, user: User, **values: Unpack[SourceValues]) -> SqlSource:
    """Add a source. It stays paused until somebody starts it.

    Raises: ValuesRefused. SourceFault: an error in its address or query that shows without a connection.
    """
    clean_source(SqlSource(collection=collection), values)
    with transaction.atomic():
        return _save(SqlSource(collection=collection, created_by=user), values, user=user)


def change_source(*, source: SqlSource, user: User, **values: Unpack[SourceValues]) -> SqlSource:
    """Change the given values. A source whose address or query changed stays paused until somebody starts it again;
    nothing is recorded, and a run under way goes on, where nothing differs.

    Raises: ValuesRefused. SourceFault: an error in its address or query that shows without a connection.
    """
    clean_source(SqlSource.objects.get(pk=source.pk), values)
    with transaction.atomic():
        return _save(SqlSource.objects.select_for_update().get(pk=source.pk), values, user=user)


def clean_source(source: SqlSource, values: Mapping[str, Any], *, resolves: bool = True) -> None:
    """Write the values into the row, unsaved. `resolves`: ask where a typed address leads, which may take a while: never inside a
    transaction.

    Raises: ValuesRefused, SourceFault.
    """
    is_new = source.pk is None
    check_values(SourceValues, values, is_new=is_new)
    kept = {name: value for name, value in values.items() if name not in ("dsn", "dsn_variable")}
    kept |= {name: " ".join(kept[name].split()) for name in kept.keys() & {"name", "key_column"}}
    if is_new:
        kept = dict.fromkeys(("name", "query", "key_column", "title_template"), "") | kept
    for name, value in kept.items():
        setattr(source, name, value)
    _check_sizes(source)
    if "query" in kept:
        check_query(source.query)
    check_row(source, names=kept.keys())
    _check_name(source)
    for name in kept.keys() & {"title_template", "text_template"}:
        columns_named(kept[name])
    _take_address(source, dsn=values.get("dsn", ""), variable=values.get("dsn_variable", ""), resolves=resolves)


def _check_sizes(source: SqlSource) -> None:
    if len(source.query) > MAX_QUERY:
        raise ValuesRefused({"query": [_("A query can have at most %(count)d characters.") % {"count": MAX_QUERY}]})
    if len(source.text_template) > MAX_TEMPLATE:
        raise ValuesRefused({"text_template": [_("A template can have at most %(count)d characters.") % {"count": MAX_TEMPLATE}]})


def _check_name(source: SqlSource) -> None:
    others = SqlSource.objects.filter(collection=source.collection, name=source.name, removed_at=None).exclude(pk=source.pk)
    if others.exists():
        raise ValuesRefused({"name": [_("This collection already has a source with this name.")]})


def _take_address(source: SqlSource, *, dsn: str, variable: str, resolves: bool) -> None:
    if dsn and variable:
        raise ValuesRefused({"dsn": [_("Choose a configured database or enter an address, not both.")]})
    if dsn:
        url = parse_dsn(dsn)
        if resolves:
            check_typed(url)
        source.sealed_dsn, source.dsn_variable = seal(dsn.strip()), ""
        source.place = describe(url)
    elif variable:
        source.sealed_dsn, source.dsn_variable = "", variable
        source.place = describe(source_url(source))
    elif not source.sealed_dsn and not source.dsn_variable:
        raise ValuesRefused({"dsn": [_("Enter the database address.")]})


def _save(source: SqlSource, values: Mapping[str, Any], *, user: User) -> SqlSource:
    is_new = source.pk is None
    before, sealed_before = ({}, "") if is_new else (serialize_source(source), source.sealed_dsn)
    clean_source(source, values, resolves=False)
    after = serialize_source(source)
    changed = changed_names(before, after) + (["dsn"] if source.sealed_dsn != sealed_before else [])
    if not changed:
        return source
    if {"query", "dsn", "dsn_variable"} & set(changed):
        source.is_paused = True
    source.leased_by, source.lease_expires_at, source.progress = "", None, {}  # a run under way ends at its next look
    columns = {*after, "sealed_dsn", "is_paused", "leased_by", "lease_expires_at", "progress"}
    source.save(update_fields=None if is_new else sorted(columns))
    action = "sql_source.created" if is_new else "sql_source.changed"
    _record_event(action, source, user, after if is_new else after | {"changed": changed})
    return source


def source_url(source: SqlSource) -> "URL":
    """Return where the source's database is. Raises: SourceFault, as `locate_source`."""
    return locate_source(source)[0]


def locate_source(source: SqlSource) -> tuple["URL", tuple[str, ...]]:
    """Return where the source's database is, and the addresses to connect to, none where the operator trusts the name.

    Raises: SourceFault: no_variable, unreadable_dsn, bad_dsn, host_not_allowed, no_connection …
    """
    if source.dsn_variable:
        text = settings.SOURCE_DSNS.get(source.dsn_variable)
        if not text:
            raise SourceFault("no_variable", f"ATTEST_SOURCE_DSN_{source.dsn_variable}")
        return parse_dsn(text), ()
    url = parse_dsn(unseal(source.sealed_dsn))
    return url, check_typed(url)  # what a name leads to may have changed since


def sample_source(source: SqlSource) -> list[Sample]:
    """Return the first rows as they would be stored. Raises: SourceFault."""
    url, addresses = locate_source(source)
    rows = read_rows(url, source.query, limit=PREVIEW_ROWS, timeout_s=PREVIEW_TIMEOUT_S, addresses=addresses)
    return [make_sample(source, row) for row in rows]


def make_sample(source: SqlSource, row: Mapping[str, object]) -> Sample:
    """Return a row's key, title and text. Raises: SourceFault: no_key_column, no_key, unknown_column, bad_template."""
    if source.key_column not in row:
        raise SourceFault("no_key_column", source.key_column)
    key = show_value(row[source.key_column])
    if not key:
        raise SourceFault("no_key", source.key_column)
    for template in (source.title_template, source.text_template):
        check_columns(template, list(row))
    return Sample(key=key, title=word_title(source.title_template, row), text=word_text(source.text_template, row))


def request_run(source: SqlSource, *, user: User, may_delete_many: bool = False) -> None:
    """Run the source as soon as a worker is free. `may_delete_many`: rows that are gone are deleted, however many they are."""
    with transaction.atomic():
        SqlSource.objects.filter(pk=source.pk).update(wanted_at=timezone.now(), may_delete_many=may_delete_many)
        _record_event("sql_source.run_requested", source, user, {"may_delete_many": may_delete_many})


def start_source(source: SqlSource, *, user: User) -> None:
    """Start the source: it runs now and by its schedule."""
    now = timezone.now()
    later = now + timedelta(minutes=source.interval_minutes) if source.interval_minutes else None
    with transaction.atomic():
        SqlSource.objects.filter(pk=source.pk).update(is_paused=False, wanted_at=now, next_run_at=later, failures=0)
        _record_event("sql_source.started", source, user, {})


def pause_source(source: SqlSource, *, user: User) -> None:
    """Pause the source; a run under way ends at its next check. Its documents stay."""
    with transaction.atomic():
        SqlSource.objects.filter(pk=source.pk).update(
            is_paused=True, wanted_at=None, leased_by="", lease_expires_at=None, progress={}
        )
        _record_event("sql_source.paused", source, user, {})


def remove_source(source: SqlSource, *, user: User, with_documents: bool) -> None:
    """Remove a source: at once if its documents stay, otherwise by a worker that first deletes them."""
    with transaction.atomic():
        _record_event("sql_source.removed", source, user, {"with_documents": with_documents, "rows": source.rows.count()})
        if with_documents:
            # The address goes at once: nothing reads from it any more.
            SqlSource.objects.filter(pk=source.pk).update(
                removed_at=timezone.now(), sealed_dsn="", leased_by="", lease_expires_at=None, wanted_at=None
            )
        else:
            source.delete()


def _record_event(action: str, source: SqlSource, user: User, payload: dict[str, Any]) -> None:
    record(
        action,
        by=actor_of(user),
        subject=f"sql_source:{source.uid}",
        summary=source.name,
        payload={"collection": source.collection.slug, **payload},
    )
