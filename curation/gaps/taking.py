"""Taking gaps out of the reviewers' cases: refused, badly rated and uncertain ones, each put with those that mean the same."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.services import record
from curation.gaps.models import Gap, GapQuestion, GapReading
from curation.matching import NEAR, embed_question, similarities
from curation.subject import collections_of, is_about_own_files
from kb.index.engine import get_engine
from kb.models import Collection
from retrieval.ports import Embedder
from reviews.desk.queues import UNCERTAIN_BELOW
from reviews.models import Case

BATCH = 50
COMPARED = 2_000  # gaps of a collection, those asked last
LOOKED_AT = 40  # questions of a gap, among which the typical one is looked for
Cause = GapQuestion.Cause
# What a guard blocked is no gap: nobody is to write it.
WANTED = (Q(outcome="refused") & ~Q(guard="block")) | Q(rating="unhelpful") | Q(outcome="answered", probability__lt=UNCERTAIN_BELOW)


def take_gaps(*, at_most: int = BATCH, embedder: Embedder | None = None) -> int:
    """Put new cases into gaps. Returns: how many cases were read. May load the encoder.

    What takes long is done before anything is locked: on SQLite, who holds a transaction holds everybody who writes.
    """
    at = GapReading.objects.filter(pk=GapReading.ONLY).values_list("sequence", flat=True).first() or 0
    new = list(_cases(Case.objects.filter(WANTED, sequence__gt=at), at_most))
    # What was rated since it was read: an index has these, and they are few.
    rated = list(_cases(Case.objects.filter(rating="unhelpful", sequence__lte=at), at_most))
    receipts = {case.pk: _data_of(case) for case in (*new, *rated)}
    # Without words: they were erased, and nothing is left to be asked.
    cases = [case for case in (*new, *rated) if case.event.summary and not is_about_own_files(receipts[case.pk])]
    if not (new or cases):
        return 0
    embedder = embedder or get_engine().embedder
    vectors = {case.pk: embed_question(case.event.summary, engine=embedder) for case in cases}
    collections = collections_of(receipts)
    with transaction.atomic():
        reading, _is_new = GapReading.objects.select_for_update().get_or_create(pk=GapReading.ONLY)
        if reading.sequence != at:
            return 0  # somebody else has taken them meanwhile
        taken = set(GapQuestion.objects.filter(case__in=cases).values_list("case_id", flat=True))
        for case in cases:
            if case.pk not in taken:
                _put(case, collections[case.pk], vectors[case.pk], encoder=embedder.fingerprint)
        if new:
            reading.sequence = new[-1].sequence
            reading.save(update_fields=["sequence"])
    return len(new) + len(cases)


def _cases(cases: QuerySet[Case], at_most: int) -> Iterable[Case]:
    return cases.filter(gap_question=None).select_related("event__payload").order_by("sequence")[:at_most]


def _data_of(case: Case) -> Mapping[str, Any]:
    try:
        data = case.event.payload.data
    except (ObjectDoesNotExist, ValueError, KeyError):
        return {}
    return data if isinstance(data, Mapping) else {}


def _put(case: Case, collection: Collection | None, vector: bytes, *, encoder: str) -> None:
    """Put a case into the gap whose typical question is nearest, or make one."""
    known = Gap.objects.filter(collection=collection, typical__encoder=encoder).order_by("-last_at").select_related("typical")
    gaps = list(known[:COMPARED])
    near = similarities(vector, [bytes(gap.typical.vector) for gap in gaps if gap.typical])
    best = max(range(len(near)), key=near.__getitem__, default=-1)
    gap = gaps[best] if best >= 0 and near[best] >= NEAR else None
    if gap is None:
        gap = Gap.objects.create(collection=collection, last_at=case.at)
    question = GapQuestion.objects.create(gap=gap, case=case, cause=_cause_of(case), vector=vector, encoder=encoder)
    gap.count += 1
    gap.last_at = max(gap.last_at, case.at)
    gap.typical = _typical(gap) or question
    if gap.state == Gap.State.ANSWERED and gap.answered_at is not None and case.at > gap.answered_at:
        gap.state = Gap.State.OPEN  # it is not, for whoever asked this
        record("gap.reopened", subject=f"gap:{gap.uid}", payload={"collection": collection.slug if collection else ""})
    gap.save(update_fields=["count", "last_at", "typical", "state"])


def _typical(gap: Gap) -> GapQuestion | None:
    """Return the question that is nearest to all others, of the last ones."""
    rows = list(gap.questions.order_by("-pk")[:LOOKED_AT])
    vectors = [bytes(row.vector) for row in rows]
    return max(rows, key=lambda row: sum(similarities(bytes(row.vector), vectors)), default=None)


def _cause_of(case: Case) -> str:
    if case.rating == "unhelpful":
        return Cause.UNHELPFUL
    return Cause.REFUSED if case.outcome == "refused" else Cause.UNCERTAIN


def mark_told(*, gap: Gap, person_id: str) -> int:
    """Note that a person has put away that their question is answered. Returns: how many questions that was."""
    mine = GapQuestion.objects.filter(gap=gap, case__person_id=person_id, told_at=None)
    return mine.update(told_at=timezone.now())
