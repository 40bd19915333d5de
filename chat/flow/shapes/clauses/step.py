"""Answers a question for a clause by its number with the clause itself: no search finds a text by its number alone."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import translation
from django.utils.translation import gettext as _

from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.events import Emit
from chat.flow.evidence import evidence_of
from chat.flow.rights import reader_of
from chat.flow.shapes.clauses.asked import AskedClause, read_question
from chat.flow.shapes.clauses.looking import Clause, Stretch, find_clause
from chat.flow.steps import Found, Rewritten
from chat.flow.trace import AnswerTrace
from chat.flow.writing.blocks import Spot
from chat.flow.writing.draft import Draft
from chat.flow.writing.extractive import NAME as EXTRACTIVE
from chat.flow.writing.extractive import quote_block
from chat.flow.writing.labelled import Labelled, add_labelled
from chat.library.asked import About, LibraryQuestion
from chat.library.looking import readable_documents
from chat.library.matching import match_one
from chat.types import Evidence
from chat.verify import Verifier
from chat.verify.windows import Passage
from gateway.threads import run_in_thread
from kb.models import Chunk, Document, Page
from language.scripts.answer_language import code_of
from language.scripts.script import is_chinese
from retrieval.types import Hit

_DOCUMENTS = 6  # of those found, whose pages are looked through
_MOST = 3  # documents that may hold the number: of more it is not known which is meant
_PAGES = 400  # of a document
_LONGEST = 2500  # characters that are quoted of a clause; Chinese ones count twice


async def answer_from_clauses(
    rewritten: Rewritten, found: Found, *, dependencies: AnswerDependencies, trace: AnswerTrace, emit: Emit
) -> bool:
    """Quote the clause that a question asks for by its number, whether or not a model is served.

    Returns: False where the question is none of these, or no document found has such a clause. Raises: AccessEnded.
    """
    asked = read_question(rewritten.text)
    if asked is None:
        return False
    read = await run_in_thread(_read)(asked, trace.asked, found)
    if not read:
        return False
    evidence = tuple(piece for pieces, _places in read for piece in pieces)
    told = await run_in_thread(_quote)(read)
    if not told:
        return False
    trace.keep(replace(found, evidence=evidence))
    draft = Draft(trace=trace, emit=emit)
    draft.change(model=EXTRACTIVE, base_url="", parameters={})
    verifier = await run_in_thread(Verifier)(evidence, score_texts=dependencies.score_texts)
    with translation.override(code_of(trace.asked.question)):
        await add_labelled(told, draft=draft, verifier=verifier)
    return bool(draft.written.shown)


Read = tuple[tuple[Evidence, ...], tuple[Stretch, ...]]


def _read(asked: AskedClause, question: Asked, found: Found) -> list[Read]:
    """Return, for each document that has the clause, the passages that hold it, numbered as one, and where it stands."""
    reader = reader_of(question.credential)
    edition = found.search.passages[0].chunk.edition
    read: list[Read] = []
    marker = 0
    for document, clause in _surest([(one, _clause_in(one, asked)) for one in _documents(asked, question, found)]):
        places = clause.stretches
        chunks = Chunk.objects.visible_to(reader).filter(
            version=document.current_version_id, edition=edition, page__number__in=[place.page for place in places]
        )
        rows = chunks.select_related("page", "version__document").defer("page__boxes").order_by("ordinal")
        held = [one for one in rows if any(_overlaps(one, place) for place in places)]
        if held:
            pieces = [evidence_of(marker + at, one, Hit(chunk_id=one.pk, score=0.0, rank=at)) for at, one in enumerate(held, 1)]
            marker += len(held)
            read.append((tuple(pieces), places))
    return read if len(read) <= _MOST else []


def _clause_in(document: Document, asked: AskedClause) -> Clause | None:
    pages = Page.objects.filter(version=document.current_version_id).defer("boxes").order_by("number")[:_PAGES]
    return find_clause(asked, list(pages))


def _surest(found: Sequence[tuple[Document, Clause | None]]) -> list[tuple[Document, Clause]]:
    """Return the clauses that fit best; of those that a bare number names, as lists have it, the first document's."""
    held = [(document, clause) for document, clause in found if clause is not None]
    best = max((clause.fit for _document, clause in held), default=None)
    surest = [(document, clause) for document, clause in held if clause.fit == best]
    return surest[:1] if surest and surest[0][1].is_bare else surest


def _documents(asked: AskedClause, question: Asked, found: Found) -> list[Document]:
    """Return the documents to look in: the one that the question names, else those found, best first."""
    reader = reader_of(question.credential)
    if asked.document:
        readable = readable_documents(user=reader, collection=question.collection)
        if named := match_one(LibraryQuestion(about=About.LIST, subject=asked.document), readable):
            return named[:_DOCUMENTS]
    order = list(dict.fromkeys(one.place.document_uid for one in found.evidence))[:_DOCUMENTS]
    documents = Document.objects.answering_for(reader).filter(uid__in=order, current_version__isnull=False)
    return sorted(documents.select_related("current_version"), key=lambda one: order.index(str(one.uid)))


def _overlaps(chunk: Chunk, place: Stretch) -> bool:
    return chunk.page.number == place.page and chunk.start < place.end and place.start < chunk.end


def _quote(read: Sequence[Read]) -> list[Labelled]:
    told: list[Labelled] = []
    for pieces, places in read:
        quoted = quote_block(_spots(pieces, places))
        label = _("“%(name)s”:") % {"name": pieces[0].place.title} if len(read) > 1 else ""
        told += [(label if at == 0 else "", quotation) for at, quotation in enumerate(quoted)]
    return told


def _spots(pieces: Sequence[Evidence], places: Sequence[Stretch]) -> list[Spot]:
    """Return the sentences that stand in the clause, each once, up to _LONGEST characters."""
    spots: list[Spot] = []
    size = 0
    seen: set[tuple[int, int]] = set()
    for piece in pieces:
        passage = Passage(piece)
        for position, sentence in enumerate(passage.sentences):
            start, end = piece.place.start + sentence.start, piece.place.start + sentence.end
            page = piece.place.page_number
            held = any(place.page == page and place.start <= start and end <= place.end for place in places)
            if not held or (page, start) in seen:
                continue
            if spots and sentence.follows_gap:
                return spots
            seen.add((page, start))
            size += len(sentence.text) * (2 if is_chinese(sentence.text) else 1)
            if spots and size > _LONGEST:
                return spots
            spots.append(Spot(passage, position))
    return spots
