"""Taking gaps out of the reviewers' cases: refused, badly rated and uncertain ones, each put with those that mean the same."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.services import record
from curation.gaps.models import Gap, GapQuestion, GapReading
from curation.matching import NEAR, embed_question, similarities
from kb.index.engine import get_engine
from kb.models import Collection, Document
from retrieval.ports import Embedder
from reviews.desk.queues import UNCERTAIN_BELOW
from reviews.models import Case

BATCH = 50
COMPARED = 2_000  # gaps of a collection, those asked last
LOOKED_AT = 40  # questions of a gap, among which the typical one is looked for
Cause = GapQuestion.Cause
WANTED = Q(outcome="refused") | Q(rating="unhelpful") | Q(outcome="answered", probability__lt=UNCERTAIN_BELOW)


def take_gaps(*, at_most: int = BATCH, embedder: Embedder | None = None) -> int:
    """Put new cases into gaps. Returns: how many cases were read. May load the encoder."""
    with transaction.atomic():
        reading, _is_new = GapReading.objects.select_for_update().get_or_create(pk=GapReading.ONLY)
        new = list(_cases(Case.objects.filter(WANTED, sequence__gt=reading.sequence), at_most))
        # What was rated since it was read: an index has these, and they are few.
        rated = list(_cases(Case.objects.filter(rating="unhelpful", sequence__lte=reading.sequence), at_most))
        cases = [case for case in (*new, *rated) if case.event.summary]  # erased: nothing is left to be asked
        if cases:
            embedder = embedder or get_engine().embedder
            collections = _collections_of(cases)
            for case in cases:
                vector = embed_question(case.event.summary, engine=embedder)
                _put(case, collections[case.pk], vector, encoder=embedder.fingerprint)
        if new:
            reading.sequence = new[-1].sequence
            reading.save(update_fields=["sequence"])
    return len(new) + len(cases)


def _cases(cases: QuerySet[Case], at_most: int) -> Iterable[Case]:
    return cases.filter(gap_question=None).select_related("event__payload").order_by("sequence")[:at_most]


def _collections_of(cases: Sequence[Case]) -> dict[int, Collection | None]:
    """Return the collection that each question was about: of what was cited, else of the nearest passage, else the one asked."""
    uids: dict[int, str] = {}
    slugs: dict[int, str] = {}
    for case in cases:
        data = _data_of(case)
        rows = [*_rows(data.get("citations")), *_rows(data.get("evidence"))]
        uids[case.pk] = next((str(row["document_uid"]) for row in rows if row.get("document_uid")), "")
        scope = data.get("scope")
        asked = _rows(scope.get("collections")) if isinstance(scope, Mapping) else []
        slugs[case.pk] = str(asked[0].get("slug", "")) if len(asked) == 1 else ""
    documents = Document.objects.filter(uid__in=[uid for uid in uids.values() if len(uid) == 36]).select_related("collection")
    by_uid = {str(row.uid): row.collection for row in documents if row.collection.deleted_at is None}
    by_slug = {row.slug: row for row in Collection.objects.live().filter(slug__in=set(slugs.values()))}
    return {pk: by_uid.get(uid) or by_slug.get(slugs[pk]) for pk, uid in uids.items()}


def _data_of(case: Case) -> Mapping[str, Any]:
    try:
        data = case.event.payload.data
    except (ObjectDoesNotExist, ValueError, KeyError):
        return {}
    return data if isinstance(data, Mapping) else {}


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


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
