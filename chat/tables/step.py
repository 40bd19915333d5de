"""The step after the search: what a table answers by its cells, or by a figure computed over all of its rows."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import translation

from accounts.models import User
from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.events import Emit, Progress
from chat.flow.rights import reader_of, scope_of
from chat.flow.steps import Computed, Found, Rewritten, Written
from chat.flow.trace import AnswerTrace
from chat.tables.by_model import plan_by_model
from chat.tables.choosing import Chosen, Source, choose
from chat.tables.grid import Row, Table
from chat.tables.plan import BadPlan, Operation
from chat.tables.running import run_plan
from chat.tables.telling import Statement, tell
from chat.tables.versions import tables_of
from chat.tables.words import operations_of
from chat.types import Citation, Evidence, Sentence, Verdict, VerdictKind
from chat.verify.planted import is_planted
from gateway.threads import run_in_thread
from kb.models import Chunk, Document
from kb.place import place_of
from language.scripts.answer_language import code_of

MOST_DOCUMENTS = 4  # whose tables are read, best first
MOST_CELLS = 200  # that the receipt names one by one
MOST_CITED = 12  # places of one sentence
_FIGURES = frozenset(Operation) - {Operation.LOOKUP, Operation.LIST, Operation.COLUMNS}  # asked for by words that name them


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of the documents found, and these documents by their uids."""

    sources: tuple[Source, ...]
    documents: Mapping[str, Document]
    edition: int  # of the passages found
    is_only: bool  # the reader has no other table


async def compute(rewritten: Rewritten, found: Found, tables: Tables, *, trace: AnswerTrace, emit: Emit) -> bool:
    """Answer from the tables of the documents found, where rules turn the question into a plan for sure.

    Returns: False where they do not: the question goes on as any other. Raises: AccessEnded.
    """
    if not tables.sources:
        return False
    with trace.timed("tables"):
        chosen = await run_in_thread(choose)(rewritten.text, tables.sources, is_only=tables.is_only)
    return chosen is not None and await _answer(chosen, tables, found, trace, emit, planned_by={"planned_by": "rule"})


async def compute_by_model(
    rewritten: Rewritten, found: Found, tables: Tables, *, dependencies: AnswerDependencies, trace: AnswerTrace, emit: Emit
) -> bool:
    """The same by a plan that a served model writes, for a figure that rules know no plan for. Returns: as `compute`."""
    if not tables.sources or not set(operations_of(rewritten.text)) & _FIGURES:
        return False
    with trace.timed("plan"):
        chosen, planned_by = await _by_model(rewritten.text, tables, found=found, dependencies=dependencies, asked=trace.asked)
    return chosen is not None and await _answer(chosen, tables, found, trace, emit, planned_by=planned_by)


async def _answer(
    chosen: Chosen, tables: Tables, found: Found, trace: AnswerTrace, emit: Emit, *, planned_by: Mapping[str, Any]
) -> bool:
    if not await run_in_thread(_keep)(chosen, tables, found, trace, planned_by):
        return False
    trace.mark("first_sentence")
    emit(Progress(answer=trace.answer()))
    return True


async def _by_model(
    question: str, tables: Tables, *, found: Found, dependencies: AnswerDependencies, asked: Asked
) -> tuple[Chosen | None, dict[str, Any]]:
    """Let the model that is asked first write a plan over the best table; it is checked and run like any other."""
    request = await run_in_thread(asked.model_request)(question, passages=found.search.passages)
    routed = await dependencies.gateway.route(request)
    source = tables.sources[0]
    for choice in [one for one in routed.choices if one.style == "markers"][:1]:
        plan = await plan_by_model(question, source.table, choice=choice)
        report = {"planned_by": choice.model.name, "plan_attempt": choice.report()}
        if plan is None:
            return None, report
        try:
            return Chosen(source=source, result=await run_in_thread(run_plan)(plan, source.table), fit=0.0), report
        except BadPlan:
            return None, report
    return None, {}


async def read_found(found: Found, *, trace: AnswerTrace) -> Tables:
    """Return the tables of the documents found, as the reader may read them now. Raises: AccessEnded."""
    with trace.timed("tables"):
        return await run_in_thread(_read)(found, trace.asked)


def _read(found: Found, asked: Asked) -> Tables:
    reader = reader_of(asked.credential)
    best: dict[str, Evidence] = {}
    for one in found.evidence:
        best.setdefault(one.place.document_uid, one)
    first = list(best.values())[:MOST_DOCUMENTS]
    # Of a document whose first version is still being read, rows are missing.
    whole = Document.objects.answering_for(reader).filter(current_version__uid__in=[one.place.version_uid for one in first])
    documents = {str(one.uid): one for one in whole.select_related("current_version")}
    edition = found.search.passages[0].chunk.edition
    # Tables are read from the pages, where the words of passages still stand that were switched off or corrected.
    versions = [one.current_version_id for one in documents.values()]
    changed = list(
        Chunk.objects.filter(version__in=versions, edition=edition, change__isnull=False).values_list("page", "start", "end")
    )
    sources = tuple(
        Source(table=table, document=one.place.document_uid, about=f"{one.place.title} {one.place.document}", rank=rank)
        for rank, one in enumerate(first)
        if one.place.document_uid in documents
        for table in tables_of(one.place.version_uid)
        if not _is_changed(table, changed)
    )
    return Tables(sources, documents, edition, len(sources) == 1 and _is_alone(asked, reader))


def _is_changed(table: Table, changed: Sequence[tuple[int, int, int]]) -> bool:
    """Tell whether a table has a row in a passage that was switched off or corrected. `changed`: pages with the passages' ends."""
    return any(row.page == page and row.start < end and start < row.end for row in table.rows for page, start, end in changed)


def _keep(chosen: Chosen, tables: Tables, found: Found, trace: AnswerTrace, planned_by: Mapping[str, Any]) -> bool:
    """Keep the answer in the trace. Returns: False where a row stands in no passage that the reader may read."""
    document = tables.documents[chosen.source.document]
    with translation.override(code_of(trace.asked.question)):
        sentences = tell(chosen.result)
    passages = _passages(sentences, document, edition=tables.edition, reader=reader_of(trace.asked.credential))
    written = _write(sentences, passages, markers={one.chunk_id: one.marker for one in found.evidence})
    if written is None:
        return False
    trace.keep(Computed(receipt=_receipt(chosen, document) | dict(planned_by), is_lookup=not _is_figure(chosen)))
    trace.keep(written)
    return True


def _passages(sentences: Sequence[Statement], document: Document, *, edition: int, reader: User) -> tuple[Chunk, ...]:
    """Return the passages of the pages that the statements rest on, with their pages, as the reader may read them now."""
    pages = {row.page for one in sentences for row in one.rows}
    chunks = Chunk.objects.visible_to(reader).filter(version=document.current_version_id, edition=edition, page__in=pages)
    return tuple(chunks.select_related("page", "version__document").defer("page__boxes", "page__blocks").order_by("ordinal"))


def _is_figure(chosen: Chosen) -> bool:
    return chosen.result.value is not None


def _is_alone(asked: Asked, reader: User) -> bool:
    """Tell whether the reader has one document to ask about."""
    scoped = scope_of(asked)
    readable = Document.objects.answering_for(reader).filter(collection__in=[one.pk for one in scoped.collections])
    if scoped.documents is not None:
        readable = readable.filter(pk__in=scoped.documents)
    return readable.filter(current_version__isnull=False).count() == 1


def _write(sentences: Sequence[Statement], passages: Sequence[Chunk], *, markers: dict[int, int]) -> Written | None:
    """Return what is shown, each sentence with the places of its rows; None where a row stands in no passage."""
    written = Written()
    for one in sentences:
        citations = _cite(one.rows, passages, markers=markers)
        if not citations or is_planted(one.text):
            return None
        verdict = Verdict(kind=VerdictKind.SUPPORTED, citations=citations, score=1.0)
        written = written.with_sentence(one.text, Sentence(text=one.text, verdict=verdict, prefix=one.prefix), is_quoted=True)
    return written


def _cite(rows: Iterable[Row], passages: Sequence[Chunk], *, markers: dict[int, int]) -> tuple[Citation, ...]:
    """Return one place for each passage that holds some of the rows: from the first of them to the last."""
    spans: dict[int, tuple[Chunk, int, int]] = {}
    for row in rows:
        chunk = next((one for one in passages if one.page_id == row.page and one.start <= row.start < one.end), None)
        if chunk is None:
            return ()
        _chunk, start, end = spans.get(chunk.pk, (chunk, row.start, row.end))
        spans[chunk.pk] = (chunk, min(start, row.start), max(end, min(row.end, chunk.end)))
    return tuple(_citation(*span, marker=markers.get(span[0].pk, 0)) for span in list(spans.values())[:MOST_CITED])


def _citation(chunk: Chunk, start: int, end: int, *, marker: int) -> Citation:
    place = replace(place_of(chunk), start=start, end=end)  # of no corrected passage: its tables are not read
    return Citation(marker=marker, chunk_id=chunk.pk, place=place, quote=chunk.page.text[start:end], score=1.0)


def _receipt(chosen: Chosen, document: Document) -> dict[str, Any]:
    """Return the plan, the table and what it took, as JSON: with them and the document's version it can be computed again."""
    result, table, version = chosen.result, chosen.source.table, document.current_version
    every = "\n".join(" | ".join((row.label, *(f"{cell.column}: {cell.text}" for cell in row.cells))) for row in table.rows)
    return {
        "plan": result.plan.as_dict(),
        "fit": round(chosen.fit, 4),
        "document": document.name,
        "document_uid": str(document.uid),
        "title": document.title,
        "version": version.number if version else None,
        "version_uid": str(version.uid) if version else "",
        "columns": list(table.columns),
        "scale": table.scale,
        "rows": len(table.rows),
        "rows_sha256": hashlib.sha256(every.encode()).hexdigest(),
        "rows_met": len(result.rows),
        "cells": [{"row": one.row.label, "column": one.column, "text": one.text} for one in result.cells[:MOST_CELLS]],
        "value": None if result.value is None else str(result.value),
    }
