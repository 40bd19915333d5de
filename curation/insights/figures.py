"""The figures of the page, out of the sums by day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from curation.insights.counting import BOUNDS_MS
from curation.insights.models import ALL, DayCount
from kb.models import Collection, Document

DAYS = (7, 30, 90)
HEIGHT = 80  # of a chart's bars, in units of the drawing
SHOWN_DOCUMENTS = 25
STACK = ("answered", "refused", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Questions of one day. `at` counts from the left; the others are units of the drawing, from the top."""

    day: date
    answered: int
    refused: int
    other: int  # stopped, or failed
    withheld: int  # answers with a sentence that was not shown
    helpful: int
    unhelpful: int
    at: int
    bars: tuple[tuple[str, float, float], ...]  # name, top, height

    @property
    def asked(self) -> int:
        return self.answered + self.refused + self.other


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How long a step took, in milliseconds: upper bounds of the buckets that the median and the 95th percentile fall into."""

    name: str
    count: int
    p50: int
    p95: int
    width: int  # percent of the longest


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    name: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Insights:
    days: tuple[Day, ...]
    stages: tuple[Stage, ...]
    languages: tuple[Share, ...]
    origins: tuple[Share, ...]
    models: tuple[Share, ...]
    certainty: tuple[Share, ...]  # by tenths

    def total(self, name: str) -> int:
        return sum(getattr(day, name) for day in self.days)


def read_insights(collection: Collection | None, *, days: int) -> Insights:
    """Return the figures of a collection, or of all questions, of the last days up to today. One query."""
    first = timezone.localdate() - timedelta(days=days - 1)
    rows = DayCount.objects.filter(collection=collection.pk if collection else ALL, day__gte=first)
    by_day: dict[date, Counter[tuple[str, str]]] = defaultdict(Counter)
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for day, kind, key, count in rows.filter(kind__in=["outcome", "rating"]).values_list("day", "kind", "key", "count"):
        by_day[day][kind, key] += count
    others = rows.exclude(kind__in=["outcome", "rating"]).values_list("kind", "key").annotate(sum=Sum("count")).order_by()
    for kind, key, count in others:
        sums[kind][key] += count
    return Insights(
        days=_days(first, days, by_day),
        stages=_stages(sums["stage"]),
        languages=_shares(sums["language"]),
        origins=_shares(sums["origin"]),
        models=_shares(sums["model"]),
        certainty=tuple(_share(f"{tenth / 10:.1f}", sums["certainty"][str(tenth)], sums["certainty"]) for tenth in range(10)),
    )


def _days(first: date, days: int, by_day: Mapping[date, Counter[tuple[str, str]]]) -> tuple[Day, ...]:
    counted = []
    for number in range(days):
        found = by_day.get(first + timedelta(days=number), Counter())
        stacked = (
            found["outcome", "answered"],
            found["outcome", "refused"],
            found["outcome", "stopped"] + found["outcome", "failed"],
        )
        counted.append((first + timedelta(days=number), stacked, found))
    most = max((sum(stacked) for _day, stacked, _found in counted), default=0) or 1
    return tuple(
        Day(
            day=day,
            answered=stacked[0],
            refused=stacked[1],
            other=stacked[2],
            withheld=found["outcome", "withheld"],
            helpful=found["rating", "helpful"],
            unhelpful=found["rating", "unhelpful"],
            at=at,
            bars=_bars(stacked, most),
        )
        for at, (day, stacked, found) in enumerate(counted)
    )


def _bars(stacked: Sequence[int], most: int) -> tuple[tuple[str, float, float], ...]:
    bars, top = [], float(HEIGHT)
    for name, count in zip(STACK, stacked, strict=True):
        height = HEIGHT * count / most
        top -= height
        bars.append((name, top, height))
    return tuple(bars)


def _stages(counts: Mapping[str, int]) -> tuple[Stage, ...]:
    by_stage: dict[str, Counter[int]] = defaultdict(Counter)
    for key, count in counts.items():
        name, _bar, bound = key.rpartition("|")
        by_stage[name][int(bound)] += count
    found = [(name, sum(held.values()), _percentile(held, 0.5), _percentile(held, 0.95)) for name, held in by_stage.items()]
    longest = max((p95 for _name, _count, _p50, p95 in found), default=1)
    rows = [
        Stage(name=name, count=count, p50=p50, p95=p95, width=max(1, round(100 * p95 / longest))) for name, count, p50, p95 in found
    ]
    return tuple(sorted(rows, key=lambda row: (-row.p95, -row.p50, row.name)))


def _percentile(held: Mapping[int, int], share: float) -> int:
    wanted, seen = share * sum(held.values()), 0
    for bound in BOUNDS_MS:
        seen += held.get(bound, 0)
        if seen >= wanted:
            return bound
    return BOUNDS_MS[-1]


def _shares(counts: Mapping[str, int]) -> tuple[Share, ...]:
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return tuple(_share(name, count, counts) for name, count in rows)


def _share(name: str, count: int, counts: Mapping[str, int]) -> Share:
    return Share(name=name, count=count, percent=round(100 * count / (sum(counts.values()) or 1)))


def documents_of(collections: "QuerySet[Collection]") -> "tuple[list[Document], QuerySet[Document]]":
    """Return the documents that answers cite most, and those that answer and none ever cited, the oldest first."""
    answering = Document.objects.live().filter(collection__in=collections, current_version__isnull=False)
    answering = answering.select_related("collection", "use")
    used = list(answering.filter(use__isnull=False).order_by("-use__count", "name")[:SHOWN_DOCUMENTS])
    return used, answering.filter(use=None).order_by("created_at", "pk")


def as_rows(insights: Insights, table: str) -> Iterable[Sequence[Any]]:
    """Return one of the tables for a spreadsheet, its head first."""
    if table == "days":
        yield ("day", "asked", "answered", "refused", "stopped_or_failed", "with_withheld_sentences", "helpful", "unhelpful")
        for day in insights.days:
            counts = (day.asked, day.answered, day.refused, day.other, day.withheld, day.helpful, day.unhelpful)
            yield (day.day.isoformat(), *counts)
    elif table == "stages":
        yield ("stage", "questions", "median_ms_at_most", "p95_ms_at_most")
        for stage in insights.stages:
            yield (stage.name, stage.count, stage.p50, stage.p95)
    else:
        yield (table, "questions", "percent")
        for share in getattr(insights, table):
            yield (share.name, share.count, share.percent)
