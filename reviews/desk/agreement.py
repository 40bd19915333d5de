"""How far reviewers agree, and how the verdicts move from week to week."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F
from django.db.models.functions import TruncWeek
from django.utils import timezone

from reviews.models import Review, Verdict

WEEKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Of all answers that two people reviewed."""

    pairs: int
    agreed: int
    kappa: float | None  # None: it is not defined, as where nobody ever differs in what they choose
    table: tuple[tuple[str, tuple[int, ...]], ...]  # first verdict → how often each second verdict followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """First reviews of one week, which begins on a Monday."""

    begins: date
    reviews: int
    correct: int

    @property
    def share(self) -> int:
        """Percent that was found correct."""
        return round(100 * self.correct / self.reviews) if self.reviews else 0


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's κ of two raters, in [-1, 1]; None where it is not defined: no pairs, or agreement by chance is certain.

    Source: Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological Measurement, 1960.
    """
    if not pairs:
        return None
    first, second = Counter(one for one, _other in pairs), Counter(other for _one, other in pairs)
    observed = sum(one == other for one, other in pairs) / len(pairs)
    by_chance = sum(first[verdict] * second[verdict] for verdict in first) / len(pairs) ** 2
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def measure_agreement() -> Agreement:
    pairs = list(
        Review.objects.filter(number=2, case__reviews__number=1)
        .annotate(first=F("case__reviews__verdict"))
        .values_list("first", "verdict")
    )
    counted = Counter(pairs)
    return Agreement(
        pairs=len(pairs),
        agreed=sum(one == other for one, other in pairs),
        kappa=cohens_kappa(pairs),
        table=tuple((str(first.label), tuple(counted[first.value, second] for second in Verdict.values)) for first in Verdict),
    )


def count_weeks() -> tuple[Week, ...]:
    """Return the last `WEEKS` weeks, this one last; a week without a review is there, too."""
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    begin = monday - timedelta(weeks=WEEKS - 1)
    counted: dict[date, Counter[str]] = {}
    rows = (
        Review.objects.filter(number=1, created_at__date__gte=begin)
        .annotate(week=TruncWeek("created_at"))
        .values_list("week", "verdict")
        .annotate(count=Count("pk"))
        .order_by()
    )
    for week, verdict, count in rows:
        counted.setdefault(week.date(), Counter())[verdict] += count
    return tuple(
        Week(begins=day, reviews=sum(found.values()), correct=found[Verdict.CORRECT])
        for day in (begin + timedelta(weeks=number) for number in range(WEEKS))
        for found in (counted.get(day, Counter()),)
    )


def count_verdicts() -> dict[Verdict, int]:
    """Return how often each verdict stands in a first review."""
    counted = dict(Review.objects.filter(number=1).values_list("verdict").annotate(count=Count("pk")).order_by())
    return {verdict: counted.get(verdict.value, 0) for verdict in Verdict}
