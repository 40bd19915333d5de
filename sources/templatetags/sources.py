"""Template filters: the state and the runs of a SQL source, in words."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext

from sources.errors import message_for
from sources.models import SqlSource

register = template.Library()


@register.filter
def source_fault(source: SqlSource) -> str:
    """The sentence for the last run's fault; empty where it went well."""
    return message_for(source.error_code, source.error_detail) if source.error_code else ""


@register.filter
def is_busy(source: SqlSource) -> bool:
    """True while a worker has the source, or is about to."""
    now = timezone.now()
    is_held = source.lease_expires_at is not None and source.lease_expires_at > now
    return is_held or (source.wanted_at is not None and source.wanted_at <= now)


@register.filter
def run_time(run: Mapping[str, Any]) -> datetime.datetime | None:
    """When a run ended."""
    return parse_datetime(str(run.get("at", "")))


@register.filter
def run_summary(run: Mapping[str, Any]) -> str:
    """What a run did, in words."""
    if run.get("code"):
        return message_for(str(run["code"]), str(run.get("detail", "")))
    counts = (
        ("new", ngettext("%(count)d new", "%(count)d new", run.get("new", 0))),
        ("changed", ngettext("%(count)d changed", "%(count)d changed", run.get("changed", 0))),
        ("unchanged", ngettext("%(count)d unchanged", "%(count)d unchanged", run.get("unchanged", 0))),
        ("deleted", ngettext("%(count)d deleted", "%(count)d deleted", run.get("deleted", 0))),
        ("refused", ngettext("%(count)d skipped", "%(count)d skipped", run.get("refused", 0))),
    )
    parts = [text % {"count": run[name]} for name, text in counts if run.get(name)]
    return ", ".join(parts) or gettext("no rows")
