"""Finds the approved answer to a question that means the same: what chat asks for by the setting APPROVED_ANSWERS."""

from collections.abc import Sequence
from typing import Literal, Protocol

from django.conf import settings

from accounts.models import User
from chat.flow.evidence import are_readable
from chat.flow.shapes.approved.port import Approved, ApprovedSentence
from curation.answers.models import ApprovedAnswer, ApprovedQuestion
from curation.golden.models import digest_of
from curation.matching import ANSWERS, SAME, SAME_UNJUDGED, are_compatible, embed_question, similarities
from kb.index.engine import get_engine
from kb.models import Collection
from retrieval.judging.opening import open_reader
from retrieval.judging.places import Reading
from retrieval.ports import Embedder


class ReadsAnswers(Protocol):
    """As `retrieval.judging.reader.Reader`: what passages hold for a question."""

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]: ...


MOST = 5_000  # questions that are compared
TRIED = 5  # of those that mean the same


def find_approved(
    question: str,
    /,
    *,
    user: User,
    collections: Sequence[Collection],
    embedder: Embedder | None = None,
    judge: ReadsAnswers | Literal["configured"] | None = "configured",
) -> Approved | None:
    """Return the nearest one whose sources this user may read, all of them; `chat.flow.shapes.approved.port.FindApproved`."""
    pks = [row.pk for row in collections]
    known = ApprovedQuestion.objects.filter(answer__state=ApprovedAnswer.State.APPROVED, answer__collection__in=pks)
    if not known.exclude(encoder="").exists():
        return None  # nobody approved anything: nothing is embedded
    embedder = embedder or get_engine().embedder
    rows = list(known.filter(encoder=embedder.fingerprint).only("text", "vector", "answer_id")[:MOST])
    if not rows:
        return None
    near = similarities(embed_question(question, engine=embedder), [bytes(row.vector) for row in rows])
    reader = open_reader(settings.JUDGE) if judge == "configured" else judge
    least = SAME if reader is not None else SAME_UNJUDGED
    pairs = sorted(((value, -at) for at, value in enumerate(near) if value >= least), reverse=True)
    same = [(value, rows[-at]) for value, at in pairs if are_compatible(question, rows[-at].text)]
    for value, row in same[:TRIED]:
        answer = ApprovedAnswer.objects.get(pk=row.answer_id)
        if not (answer.holds and are_readable(answer.chunk_ids, user=user)):
            continue
        is_wording = digest_of(question) == digest_of(row.text)  # somebody wrote this very question beside the answer
        if reader is None or is_wording or reader.read(question, [answer.text])[0].answerable >= ANSWERS:
            return _approved(answer, row.text, value)
    return None


def _approved(answer: ApprovedAnswer, question: str, value: float) -> Approved:
    return Approved(
        uid=str(answer.uid),
        sentences=tuple(
            ApprovedSentence(text=row["text"], prefix=row["prefix"], markers=tuple(row["markers"])) for row in answer.sentences
        ),
        chunk_ids=tuple(answer.chunk_ids),
        by=answer.approver,
        at=answer.approved_at.isoformat() if answer.approved_at else "",
        question=question,
        similarity=round(value, 4),
    )
