"""Template filters: the state and the runs of a source, in words."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext

from sources.connectors.port import EVERYONE
from sources.connectors.registry import find_kind
from sources.errors import message_for
from sources.models import Source, SourceItem, SourceRun, SqlSource
from sources.sync.words import fault_words

register = template.Library()


@register.filter
def source_fault(source: SqlSource) -> str:
    """The sentence for the last run's fault; empty where it went well."""
    return message_for(source.error_code, source.error_detail) if source.error_code else ""


@register.filter
def is_busy(source: SqlSource | Source) -> bool:
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


@register.filter
def count_words(counts: Mapping[str, int]) -> str:
    """What a run of a source that is no database did, in words."""
    parts = (
        ("new", ngettext("%(count)d new", "%(count)d new", counts.get("new", 0))),
        ("changed", ngettext("%(count)d changed", "%(count)d changed", counts.get("changed", 0))),
        ("moved", ngettext("%(count)d moved", "%(count)d moved", counts.get("moved", 0))),
        ("rights", ngettext("%(count)d with other readers", "%(count)d with other readers", counts.get("rights", 0))),
        ("deleted", ngettext("%(count)d deleted", "%(count)d deleted", counts.get("deleted", 0))),
        ("held", ngettext("%(count)d gone and kept", "%(count)d gone and kept", counts.get("held", 0))),
        ("failed", ngettext("%(count)d failed", "%(count)d failed", counts.get("failed", 0))),
        ("left_out", ngettext("%(count)d left out", "%(count)d left out", counts.get("left_out", 0))),
    )
    said = [text % {"count": counts[name]} for name, text in parts if counts.get(name)]
    return ", ".join(said) or gettext("nothing new")


@register.filter
def run_fault(run: SourceRun) -> str:
    """Why a run failed."""
    return fault_words(run.code, run.detail)


@register.filter
def item_fault(item: SourceItem) -> str:
    """Why an item could not be taken in."""
    return fault_words(item.error_code, item.error_detail)


@register.filter
def kind_label(kind: str) -> str:
    """What people call a kind of source; its own name where it is not installed any more."""
    manifest = find_kind(kind)
    return str(manifest.label) if manifest is not None else kind


@register.filter
def principal_words(principal: Any) -> str:
    """Somebody of a source by name, else as the source calls them."""
    if principal.kind == EVERYONE:
        return gettext("Everyone")
    return str(principal.name or principal.id)
