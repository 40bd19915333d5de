"""Documents in the database and small fakes around the flow, for the tests of answers."""

import hashlib
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from accounts.credentials import command_credential
from accounts.models import User
from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from gateway.ports import Delta, GenerationOptions, LanguageModel, Message, TokenCount, Usage
from gateway.routing.one_model import OneModel
from kb.index.identity import chunk_id
from kb.index.search import Passage, PassageSearch, scope_for
from kb.index.within import EVERYTHING, Within
from kb.models import Chunk, Collection, Document, DocumentVersion, Page
from retrieval.types import Closeness, Hit, SearchResult, Stretch

LEAVE = (
    "Employees earn annual leave by length of service. "
    "Employees with three to fifteen years of service earn 6 hours of annual leave per pay period. "
    "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period."
)
QUESTION = "How many hours of annual leave do employees with five years of service earn per pay period?"
SIX_HOURS = "Employees with three to fifteen years of service earn 6 hours of annual leave per pay period."


def add_document(
    collection: Collection, name: str, *texts: str, blocks: Sequence[dict[str, Any]] = (), paged: bool = False
) -> Document:
    """Store a document whose one page holds these chunks, one after the other, as ingestion would have left it."""
    document = Document.objects.create(collection=collection, name=name, title=name.rsplit(".", 1)[0].capitalize())
    version = DocumentVersion.objects.create(
        document=document,
        number=1,
        sha256="0" * 64,
        size=1,
        media_type="text/plain",
        storage_path="x",
        status="indexed",
        is_paged=paged,
    )
    page = Page.objects.create(version=version, number=1, text="\n".join(texts), blocks=list(blocks))
    start = 0
    for ordinal, text in enumerate(texts):
        Chunk.objects.create(
            id=chunk_id(version.uid, ordinal),
            version=version,
            ordinal=ordinal,
            page=page,
            start=start,
            end=start + len(text),
            text=text,
            text_hash=hashlib.sha256(text.encode()).hexdigest(),
        )
        start += len(text) + 1
    document.current_version = version
    document.save()
    return document


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def score_texts(query: str, texts: Sequence[str]) -> list[float]:
    """Share of the query's words that a text holds: a stand-in for MaxSim, in [0, 1]."""
    wanted = words(query)
    return [len(wanted & words(text)) / max(len(wanted), 1) for text in texts]


def score_stretches(query: str, stretches: Sequence[Stretch]) -> list[Closeness]:
    shares = score_texts(query, [stretch.text for stretch in stretches])
    return [Closeness(mean=share, weakest=share, unmet=1 - share) for share in shares]


def search(question: str, *, user: Any, collection: Collection | None, config: Any, within: Within = EVERYTHING) -> PassageSearch:
    """Find by shared words, through the same second lock as the real search."""
    chunks = Chunk.objects.visible_to(user).select_related("version__document__collection", "page")
    if collection:
        chunks = chunks.filter(version__document__collection=collection)
    if within:
        chunks = chunks.filter(version__document__in=within.documents_of(user))
    scored = sorted(
        ((score_texts(question, [chunk.text])[0], chunk) for chunk in chunks), key=lambda pair: (-pair[0], pair[1].ordinal)
    )
    passages = tuple(
        Passage(
            chunk=chunk,
            hit=Hit(
                chunk_id=chunk.pk,
                score=score,
                rank=rank,
                keyword_score=score * 20,
                keyword_rank=rank,
                dense_score=score,
                dense_rank=rank,
                fused_score=score,
                rerank_score=score,
            ),
        )
        for rank, (score, chunk) in enumerate(scored, start=1)
        if score
    )
    hits = tuple(passage.hit for passage in passages)
    return PassageSearch(
        passages=passages, result=SearchResult(hits=hits, index_generation=7), scope=scope_for(user, collection=collection)
    )


class ScriptedModel:
    """Says a text word by word; `before` is called ahead of each word, and may wait or raise."""

    name = "scripted"
    base_url = "http://scripted.test/v1"

    def __init__(self, text: str, *, before: Callable[[int], Any] | None = None, finish: str = "stop") -> None:
        self.text, self.before, self.finish = text, before, finish
        self.prompts: list[tuple[Message, ...]] = []
        self.closed = False

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        self.prompts.append(tuple(messages))
        try:
            for position, word in enumerate(re.findall(r"\s*\S+", self.text)):
                if self.before and (pause := self.before(position)) is not None:
                    await pause
                yield Delta(text=word)
            yield Delta(finish_reason=self.finish, usage=Usage(prompt_tokens=120, completion_tokens=len(self.text.split())))
        finally:
            self.closed = True

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        return None


def asked_by(user: User, question: str = QUESTION, **given: Any) -> Asked:
    """Return a question as this account's, by whichever way it came in."""
    return Asked(question=question, credential=given.pop("credential", None) or command_credential(user), **given)


def dependencies_with(model: LanguageModel | None = None, **changes: Any) -> AnswerDependencies:
    options = changes.pop("options", GenerationOptions(max_tokens=200, first_token_timeout_s=5, total_timeout_s=10))
    gateway = OneModel(model=model, options=options, context_tokens=changes.pop("context_tokens", 4096))
    given = {"search": search, "score_texts": score_texts, "score_stretches": score_stretches, "gateway": gateway}
    return AnswerDependencies(**given | changes)
