"""Answers a question about documents as wholes from their own text: no search says what a document is about."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.events import Emit
from chat.flow.evidence import evidence_of
from chat.flow.rights import reader_of
from chat.flow.shapes.documents.asked import AskedOfDocuments, read_question
from chat.flow.shapes.documents.quoting import quote_differences, quote_overview
from chat.flow.steps import Found, Rewritten
from chat.flow.trace import AnswerTrace
from chat.flow.writing.draft import Draft
from chat.flow.writing.extractive import NAME as EXTRACTIVE
from chat.flow.writing.labelled import Labelled, add_labelled
from chat.library.asked import About, LibraryQuestion
from chat.library.looking import readable_documents
from chat.library.matching import match_one
from chat.types import Evidence
from chat.verify import Verifier
from chat.verify.windows import Passage
from gateway.threads import run_in_thread
from kb.models import Chunk, Document
from language.scripts.answer_language import code_of
from retrieval.types import Hit

_CHUNKS = 30  # of a document that are read


async def answer_from_documents(
    rewritten: Rewritten, found: Found, *, dependencies: AnswerDependencies, trace: AnswerTrace, emit: Emit
) -> bool:
    """Quote what a document says in short, or what differs between two. Where a model is served, it reads the passages itself.

    Returns: False where the question is none of these, or names no document for sure. Raises: AccessEnded.
    """
    asked = read_question(rewritten.text)
    if asked is None:
        return False
    request = await run_in_thread(trace.asked.model_request)(rewritten.text, passages=found.search.passages)
    if len(asked.names) == 1 and (await dependencies.gateway.route(request)).choices:
        return False
    read = await run_in_thread(_read)(asked, trace.asked, found)
    if read is None:
        return False
    with translation.override(code_of(trace.asked.question)):
        told = await run_in_thread(_quote)(read)
    if not told:
        return False
    evidence = tuple(piece for one in read for piece in one)
    trace.keep(replace(found, evidence=evidence))
    draft = Draft(trace=trace, emit=emit)
    draft.change(model=EXTRACTIVE, base_url="", parameters={})
    verifier = await run_in_thread(Verifier)(evidence, score_texts=dependencies.score_texts)
    await add_labelled(told, draft=draft, verifier=verifier)
    return bool(draft.written.shown)


def _read(asked: AskedOfDocuments, question: Asked, found: Found) -> list[tuple[Evidence, ...]] | None:
    """Return the passages of each document that is named, numbered as one; None where one is not sure."""
    reader = reader_of(question.credential)
    documents = list(readable_documents(user=reader, collection=question.collection, within=question.within))
    named: list[Document] = []
    for name in asked.names:
        matched = match_one(LibraryQuestion(about=About.LIST, subject=name), documents)
        if len(matched) != 1 or matched[0] in named:
            return None
        named.append(matched[0])
    edition = found.search.passages[0].chunk.edition
    marker = 0
    read: list[tuple[Evidence, ...]] = []
    for document in named:
        pieces = _pieces(document, reader=reader, edition=edition, after=marker)
        marker += len(pieces)
        read.append(pieces)
    return read if all(read) else None


def _pieces(document: Document, *, reader: User, edition: int, after: int) -> tuple[Evidence, ...]:
    chunks = Chunk.objects.visible_to(reader).filter(version=document.current_version_id, edition=edition)
    rows = chunks.select_related("page", "version__document").defer("page__boxes").order_by("ordinal")[:_CHUNKS]
    return tuple(
        evidence_of(after + at, chunk, Hit(chunk_id=chunk.pk, score=0.0, rank=at)) for at, chunk in enumerate(rows, start=1)
    )


def _quote(read: Sequence[Sequence[Evidence]]) -> list[Labelled]:
    passages = [[Passage(piece) for piece in pieces] for pieces in read]
    if len(passages) == 1:
        return [("", quotation) for quotation in quote_overview(passages[0])]
    told: list[Labelled] = []
    for pieces, quoted in zip(read, quote_differences(*passages), strict=True):
        label = _("“%(name)s”:") % {"name": pieces[0].place.title}
        told += [(label if at == 0 else "", quotation) for at, quotation in enumerate(quoted)]
    return told
