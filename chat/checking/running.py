"""From a text to its verdicts, and to the audit. Pages and programs check through `check_text`.

Each sentence waits for a place among the questions that are answered meanwhile, so that a long text stalls nobody. Nothing is shown
before it is on record; whoever leaves before has been shown nothing, and nothing is recorded.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from django.db import DatabaseError, transaction

from audit.errors import AuditError
from audit.services import lock_chain, record
from chat.checking.evidence import Library, evidence_of_passages
from chat.checking.sentences import check_sentence, looks_like
from chat.checking.taking import cut_text
from chat.checking.values import CheckedSentence, CheckedText, GivenText
from chat.errors import AuditUnavailable, IndexIncomplete, SearchFailed
from chat.flow.admission import get_admission_queue
from chat.flow.dependencies import AnswerDependencies, configured_dependencies
from chat.flow.evidence import are_readable
from chat.flow.rights import reader_of, withdrawal
from chat.types import Citation, Evidence
from chat.verify import Verifier
from gateway.threads import run_in_thread
from language.sentences import Span
from retrieval.errors import RetrievalError

ACTION = "text.checked"
_SUMMARY_CHARACTERS = 300


async def check_text(given: GivenText, *, compose: Callable[[], AnswerDependencies] | None = None) -> CheckedText:
    """Check a text, and record it. Raises: ChatError."""
    begin = time.perf_counter()
    checker = await run_in_thread(lambda: TextChecker(given, (compose or configured_dependencies)()))()
    sentences = []
    for span in checker.spans:
        async with get_admission_queue().admit():
            sentences.append(await run_in_thread(checker.check)(span))
    return await run_in_thread(lambda: checker.conclude(tuple(sentences), begin=begin))()


class TextChecker:
    """Checks the sentences of one text, one after the other."""

    def __init__(self, given: GivenText, dependencies: AnswerDependencies) -> None:
        self.given, self._dependencies = given, dependencies
        self.spans = cut_text(given.text)
        self._library = Library(given, dependencies) if given.collection is not None else None
        self._passages = evidence_of_passages(given.passages)
        self._verifier = Verifier(self._passages, score_texts=dependencies.score_texts, second_judge=dependencies.second_judge)

    @property
    def _evidence(self) -> tuple[Evidence, ...]:
        return self._passages if self._library is None else self._library.evidence

    def check(self, span: Span) -> CheckedSentence:
        """Return the verdict on one sentence. Raises: SearchFailed, AccessEnded."""
        framing = looks_like(span, self.given.text)
        verifier = self._verifier if self._library is None or framing == "refusal" else self._library(span.text)
        return check_sentence(
            span,
            verifier,
            framing=framing,
            question=self.given.question,
            dependencies=self._dependencies,
            keeps_markers=self._library is None,
        )

    def conclude(self, sentences: tuple[CheckedSentence, ...], *, begin: float) -> CheckedText:
        """Record the check, and return it.

        Raises: AccessEnded: the caller would not be let in any more. EvidenceWithdrawn: a quoted source may no longer be read.
        IndexIncomplete: passages are missing in the index, so that nobody can say what the documents do not hold.
        AuditUnavailable.
        """
        if self._library is not None:
            self._check_index()
        result = CheckedText(sentences=sentences)
        if self._library is not None:
            result = with_places(result)
        try:
            with transaction.atomic():
                lock_chain()  # rights that end before this event are seen here
                self._check_rights(result)
                result = replace(result, timings_ms={"total": round((time.perf_counter() - begin) * 1000, 1)})
                self._record(result)
        except (AuditError, DatabaseError, OSError) as error:
            raise AuditUnavailable from error
        return result

    def _check_index(self) -> None:
        try:
            shortage = self._dependencies.find_shortage(user=reader_of(self.given.credential))
        except RetrievalError as error:
            raise SearchFailed(str(error)) from error
        if shortage is not None:
            raise IndexIncomplete(shortage)

    def _check_rights(self, result: CheckedText) -> None:
        reader = reader_of(self.given.credential)
        if not are_readable({citation.chunk_id for citation in result.citations}, user=reader):
            raise withdrawal(self.given.credential)

    def _record(self, result: CheckedText) -> None:
        given, credential = self.given, self.given.credential
        record(
            ACTION,
            by=credential.actor,
            subject=f"collection:{given.collection.slug}" if given.collection else "",
            summary=(given.question or given.text)[:_SUMMARY_CHARACTERS],
            payload={
                "question": given.question,
                "via": given.via,
                "text": given.text,
                "collection": given.collection.slug if given.collection else None,
                "index_generation": self._library.generation if self._library else None,
                "evidence": [_receipt_of(one) for one in self._evidence],
                "judge": self._dependencies.judge,
                "sentences": [sentence.as_dict() for sentence in result.sentences],
                "counts": result.counts,
                "timings_ms": dict(result.timings_ms),
            },
            uid=result.receipt,
        )


def with_places(result: CheckedText) -> CheckedText:
    """Number the citations by the quoted place, from 1 in order of first use, as an answer does."""
    numbered: dict[tuple[int, int, int], Citation] = {}
    sentences = []
    for sentence in result.sentences:
        citations = []
        for one in sentence.citations:
            key = (one.chunk_id, one.place.start, one.place.end)
            numbered.setdefault(key, replace(one, marker=len(numbered) + 1))
            citations.append(numbered[key])
        sentences.append(replace(sentence, citations=tuple(citations)))
    return replace(result, sentences=tuple(sentences), citations=tuple(numbered.values()))


def _receipt_of(one: Evidence) -> dict[str, Any]:
    """Return what the audit keeps of a piece of evidence: its hash, and where it stands where a document holds it."""
    found: dict[str, Any] = {"marker": one.marker, "text_hash": one.text_hash, "characters": len(one.text)}
    if not one.place.document_uid:
        return found
    return found | {"chunk_id": str(one.chunk_id)} | asdict(one.place)
