"""What knowledge admins do with SQL sources: add, change, try, run, pause, remove."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from sqlalchemy.engine import URL

from accounts.models import User
from audit.services import record
from ingest.sources.address import check_typed, describe, parse_dsn
from ingest.sources.errors import SourceFault
from ingest.sources.models import SqlSource
from ingest.sources.reading import check_query, read_rows
from ingest.sources.secret import seal, unseal
from ingest.sources.wording import check_columns, columns_named, show_value, word_text, word_title

PREVIEW_ROWS = 5
PREVIEW_TIMEOUT_S = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """What a person says of a source. `dsn`: typed now; empty: `dsn_variable`, or what is sealed already."""

    name: str
    query: str
    key_column: str
    title_template: str
    text_template: str = ""
    interval_minutes: int = 1440
    dsn: str = ""
    dsn_variable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A row as it would be stored."""

    key: str
    title: str
    text: str


def save_source(source: SqlSource, plan: SourcePlan, *, user: User) -> SqlSource:
    """Write a new or changed source. One whose address or query was changed waits, paused, until somebody starts it again.

    Raises: SourceFault: what can be told without connecting.
    """
    is_new = source.pk is None
    check_query(plan.query)
    for template in (plan.title_template, plan.text_template):
        columns_named(template)
    before = (source.query, source.dsn_variable, source.sealed_dsn)
    if plan.dsn:
        url = parse_dsn(plan.dsn)
        check_typed(url)
        source.sealed_dsn, source.dsn_variable = seal(plan.dsn.strip()), ""
        source.place = describe(url)
    elif plan.dsn_variable:
        source.sealed_dsn, source.dsn_variable = "", plan.dsn_variable
        source.place = describe(source_url(source))
    elif not source.sealed_dsn and not source.dsn_variable:
        raise SourceFault("bad_dsn")
    for name in ("name", "query", "key_column", "title_template", "text_template", "interval_minutes"):
        setattr(source, name, getattr(plan, name))
    if before != (source.query, source.dsn_variable, source.sealed_dsn):
        source.is_paused = True
    source.leased_by, source.lease_expires_at, source.progress = "", None, {}  # a run under way ends at its next look
    with transaction.atomic():
        if is_new:
            source.created_by = user
        source.save()
        _tell(
            "sql_source.created" if is_new else "sql_source.changed", source, user, {"query": source.query, "place": source.place}
        )
    return source


def source_url(source: SqlSource) -> URL:
    """Return where the source's database is. Raises: SourceFault: no_variable, unreadable_dsn, bad_dsn, host_not_allowed …"""
    if source.dsn_variable:
        text = settings.SOURCE_DSNS.get(source.dsn_variable)
        if not text:
            raise SourceFault("no_variable", f"ATTEST_SOURCE_DSN_{source.dsn_variable}")
        return parse_dsn(text)
    url = parse_dsn(unseal(source.sealed_dsn))
    check_typed(url)  # what a name leads to may have changed since
    return url


def sample_source(source: SqlSource) -> list[Sample]:
    """Return the first rows as they would be stored. Raises: SourceFault."""
    return [
        make_sample(source, row)
        for row in read_rows(source_url(source), source.query, limit=PREVIEW_ROWS, timeout_s=PREVIEW_TIMEOUT_S)
    ]


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
        _tell("sql_source.run_requested", source, user, {"may_delete_many": may_delete_many})


def start_source(source: SqlSource, *, user: User) -> None:
    """Let the source run now and by its schedule."""
    now = timezone.now()
    later = now + timedelta(minutes=source.interval_minutes) if source.interval_minutes else None
    with transaction.atomic():
        SqlSource.objects.filter(pk=source.pk).update(is_paused=False, wanted_at=now, next_run_at=later, failures=0)
        _tell("sql_source.started", source, user, {})


def pause_source(source: SqlSource, *, user: User) -> None:
    """Let the source not run until it is started; a run under way ends at its next look. Its documents stay."""
    with transaction.atomic():
        SqlSource.objects.filter(pk=source.pk).update(
            is_paused=True, wanted_at=None, leased_by="", lease_expires_at=None, progress={}
        )
        _tell("sql_source.paused", source, user, {})


def remove_source(source: SqlSource, *, user: User, with_documents: bool) -> None:
    """Remove a source: at once where its documents stay, else by a worker that deletes these first."""
    with transaction.atomic():
        _tell("sql_source.removed", source, user, {"with_documents": with_documents, "rows": source.rows.count()})
        if with_documents:
            # The address goes at once: nothing reads from it any more.
            SqlSource.objects.filter(pk=source.pk).update(
                removed_at=timezone.now(), sealed_dsn="", leased_by="", lease_expires_at=None, wanted_at=None
            )
        else:
            source.delete()


def _tell(action: str, source: SqlSource, user: User, payload: dict[str, Any]) -> None:
    record(
        action,
        actor_id=user.pk,
        actor_name=user.get_username(),
        subject=f"sql_source:{source.uid}",
        summary=source.name,
        payload={"collection": source.collection.slug, **payload},
    )
