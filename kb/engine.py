"""The one place that composes retrieval: encoder, index and search, as the edition that serves says."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path

from django.conf import settings

from kb.backends import LOCAL, open_backend
from kb.editions import building_edition, serving_edition
from kb.models import Chunk, Edition
from retrieval import processor
from retrieval.absent import AbsentEncoder
from retrieval.analyzer import get_analyzer
from retrieval.cross_encoder import CrossEncoderReranker
from retrieval.encoder import BUNDLED, SentenceEncoder, open_encoder
from retrieval.errors import EncoderError
from retrieval.ports import Embedder, IndexSnapshot, IndexWriter, Reranker
from retrieval.remote.embeddings import RemoteEncoder
from retrieval.remote.rerank import RemoteReranker
from retrieval.remote.server import Server, is_remote
from retrieval.search import search
from retrieval.tokens import Projection, cut_tokens, words_of_tokens
from retrieval.turns import Turns
from retrieval.types import Chunk as IndexedChunk
from retrieval.types import Closeness, Embedding, IndexEntry, Scope, SearchConfig, SearchResult, Stretch

logger = logging.getLogger(__name__)
TURNS = Turns(processor.threads())  # searches that compute in this process
ENGINES_KEPT = 3  # the edition that serves, the one before it, the one that is built


class Engine:
    """Retrieval in one edition. Safe in threads; the encoder loads at its first use.

    Args:
        embedder: the setting EMBEDDER: "bundled" or the folder of a model.
        root: where local indexes lie. Each edition has a folder of its own there, so that vectors of two encoders never meet.
        url: "local", or the address of a Milvus.
        edition: its number, which its chunks carry.
        encoder: fingerprint of the encoder that the edition was made with; empty: of whatever `embedder` opens.
        folder: name of the index; empty: named by the encoder.
    """

    def __init__(
        self, *, embedder: str, root: Path, url: str = LOCAL, edition: int = 1, encoder: str = "", folder: str = ""
    ) -> None:
        self._encoder = find_encoder(embedder, fingerprint=encoder)
        self._backend, self._folder = open_backend(url, root), folder or self._encoder.fingerprint
        self._index = self._backend.index(self._folder)
        self._turns: AbstractContextManager[None] = TURNS if url == LOCAL else nullcontext()  # a server elsewhere has its own
        self.edition = edition
        if not self.is_whole:
            logger.error(
                "edition %s was made with %s, which %s does not open: it is found by words alone", edition, encoder, embedder
            )

    @property
    def embedder(self) -> Embedder:
        return self._encoder

    @property
    def projection(self) -> Projection | None:
        """Of the encoder's token vectors; None: it keeps none."""
        return self._encoder.projection

    def of(self, edition: Edition) -> "Engine":
        """Return the engine of another edition, or itself."""
        return self if edition.number == self.edition else engine_of(edition)

    @property
    def is_whole(self) -> bool:
        """False where the edition's encoder is gone: then words alone find passages, and nothing can be embedded."""
        return not isinstance(self._encoder, AbsentEncoder)

    @cached_property
    def writer(self) -> IndexWriter:
        return self._backend.writer(self._folder, dimension=lambda: self._encoder.dimension)

    def snapshot(self) -> IndexSnapshot:
        """Return what a query would see now. Raises: IndexFault."""
        return self._index.snapshot()

    @property
    def generation(self) -> int:
        """The index generation that a search would see now."""
        return self._index.snapshot().generation

    def warm_up(self) -> None:
        """Load encoder, dictionary and index, so that the first question waits for none of them."""
        self._encoder.warm_up()
        get_analyzer().terms("预热")
        self._index.snapshot()

    def search(self, query: str, *, scope: Scope, config: SearchConfig | None = None) -> SearchResult:
        """Return the best chunks within `scope`. Raises: IndexDamaged, EncoderError."""
        return search(
            query,
            scope=scope,
            config=config or SearchConfig(),
            index=self._index.snapshot(),
            embedder=self._encoder,
            projection=self._encoder.projection,
            reranker=find_reranker(settings.RERANKER, settings.RERANKER_KEY),
            read_texts=read_texts,
            turns=self._turns,
        )

    def score_stretches(self, query: str, stretches: Sequence[Stretch]) -> list[Closeness | None]:
        """Return how well parts of chunks meet a query in late interaction, from the token vectors in the index.

        What has no vectors there, or others than its text has tokens, is embedded anew. None for all where the encoder keeps none.
        """
        projection = self._encoder.projection
        if projection is None or not stretches:
            return [None] * len(stretches)
        texts = {stretch.chunk_id: stretch.contextual_text for stretch in stretches}
        starts = {chunk: self._encoder.token_starts(text) for chunk, text in texts.items()}
        packed = dict(zip(texts, self._index.snapshot().tokens(list(texts)), strict=True))
        width = projection.token_bytes
        known = {chunk for chunk, tokens in packed.items() if tokens and len(tokens) == width * len(starts[chunk])}
        unknown = [stretch.text for stretch in stretches if stretch.chunk_id not in known]
        anew = iter(self._encoder.embed_passages(unknown))
        passages = [
            cut_tokens(packed[stretch.chunk_id], starts=starts[stretch.chunk_id], ranges=stretch.ranges, token_bytes=width)
            if stretch.chunk_id in known
            else next(anew).tokens
            for stretch in stretches
        ]
        return projection.compare(
            self._encoder.embed_query(query).tokens,
            passages,
            weights=self._encoder.query_weights(query),
            words=words_of_tokens(query, self._encoder.token_starts(query)),
        )

    def score_texts(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return the late interaction of a query with each short text: mean MaxSim per query token, about [-1, 1].

        0 for every text where the encoder cannot read the query or keeps no token vectors.
        """
        projection = self._encoder.projection
        if projection is None or not texts:
            return [0.0] * len(texts)
        passages = [embedding.tokens for embedding in self._encoder.embed_passages(texts)]
        scores = projection.max_sim(self._encoder.embed_query(query).tokens, passages)
        return [score if score is not None else 0.0 for score in scores]

    def check_files(self) -> None:
        """Read the published index against its checksums. Raises: IndexDamaged."""
        self._index.check()


def find_encoder(embedder: str, *, fingerprint: str = "") -> SentenceEncoder | RemoteEncoder | AbsentEncoder:
    """Return the encoder that a setting names; one that stands for it where that is gone, or is another one by now.

    Raises: EncoderError: it is gone, and no fingerprint says what was there.
    """
    try:
        encoder = _open_encoder(embedder)
        found = encoder.fingerprint
    except (EncoderError, OSError) as error:
        if not fingerprint:
            raise
        logger.debug("%s: %s", fingerprint, error)
        return AbsentEncoder(fingerprint)
    if fingerprint in ("", found):
        return encoder
    if isinstance(encoder, SentenceEncoder) and encoder.projection is not None and embedder != BUNDLED:
        # What was indexed before a projection was fitted is answered by the encoder as it was then.
        before = _open_encoder(embedder, is_projected=False)
        if before.fingerprint == fingerprint:
            return before
    return AbsentEncoder(fingerprint)


@lru_cache(maxsize=ENGINES_KEPT)
def _open_encoder(embedder: str, *, is_projected: bool = True) -> SentenceEncoder | RemoteEncoder:
    """One for the process: two editions that were cut differently share their encoder."""
    if is_remote(embedder):
        return RemoteEncoder(Server.from_setting(embedder, key=settings.EMBEDDER_KEY))
    return open_encoder(embedder, is_projected=is_projected)


@lru_cache(maxsize=2)
def find_reranker(setting: str, key: str) -> Reranker | None:
    """Return the reranker that a setting names, a server or the folder of a cross-encoder; None: late interaction is enough."""
    if not setting:
        return None
    if is_remote(setting):
        return RemoteReranker(Server.from_setting(setting, key=key))
    return CrossEncoderReranker(Path(setting))


def read_texts(chunk_ids: Sequence[int]) -> dict[int, str]:
    """Return these chunks as they were embedded, in their context, as far as they answer now. Scope chose them."""
    chunks = Chunk.objects.live().filter(pk__in=chunk_ids).select_related("version__document")
    return {chunk.pk: to_indexed_chunk(chunk).contextual_text for chunk in chunks}


def get_engine() -> Engine:
    """Return the engine of the edition that serves now. Reads the database: not for the event loop."""
    return engine_of(serving_edition())


def engine_of(edition: Edition) -> Engine:
    """Return the engine of an edition; each is opened once in a process."""
    return engine_at(settings.RETRIEVAL_URL, edition=edition)


def engine_at(url: str, *, edition: Edition) -> Engine:
    """Return the engine of an edition whose index lies at another place than the settings say."""
    embedder = _embedder_of(edition)
    made = (url, settings.INDEX_ROOT, embedder, edition.number, edition.encoder, edition.folder)
    engine = _open_engine(*made)
    if not engine.is_whole and not isinstance(find_encoder(embedder, fingerprint=edition.encoder), AbsentEncoder):
        _open_engine.cache_clear()  # it is back
        engine = _open_engine(*made)
    return engine


def _embedder_of(edition: Edition) -> str:
    """Return the setting that opens an edition's encoder: the present one where it names the same, at whatever place."""
    if edition.encoder and edition.embedder != settings.EMBEDDER:
        with suppress(EncoderError, OSError):
            if _open_encoder(settings.EMBEDDER).fingerprint == edition.encoder:
                return settings.EMBEDDER
    return edition.embedder


def warm_up_next() -> bool:
    """Load the encoder of the edition that is being built: no question after the swap waits for it. Returns: is there one."""
    building = building_edition()
    if building is None:
        return False
    engine_of(building).warm_up()
    return True


@lru_cache(maxsize=ENGINES_KEPT)
def _open_engine(url: str, root: Path, embedder: str, edition: int, encoder: str, folder: str) -> Engine:
    return Engine(embedder=embedder, root=root, url=url, edition=edition, encoder=encoder, folder=folder)


def remove_index(edition: Edition) -> None:
    """Remove the files of an edition that answers no more. Readers that still have them open keep what they have."""
    if edition.folder:
        open_backend(settings.RETRIEVAL_URL, settings.INDEX_ROOT).remove(edition.folder)


def to_indexed_chunk(chunk: Chunk) -> IndexedChunk:
    """Return what the index keeps of a chunk whose version and document are selected."""
    document = chunk.version.document
    return IndexedChunk(
        id=chunk.pk,
        collection_id=document.collection_id,
        document_id=document.pk,
        version_id=chunk.version_id,
        title=document.title,
        name=document.name,
        heading_path=tuple(chunk.heading_path),
        prefix=chunk.prefix,
        text=chunk.text,
    )


def rebuild_index(*, engine: Engine, batch_size: int = 1000) -> int:
    """Publish a generation made from the database alone, without the model. Returns: the generation.

    Chunks that were embedded by another encoder are left out; verify_index then reports them as missing.
    """
    return engine.writer.rebuild(_stored_entries(engine, batch_size))


def _stored_entries(engine: Engine, batch_size: int) -> Iterator[Sequence[IndexEntry]]:
    chunks = Chunk.objects.live().filter(edition=engine.edition, embedding__encoder=engine.embedder.fingerprint)
    chunks = chunks.select_related("version__document", "embedding")
    rows = chunks.order_by("version_id", "ordinal").iterator(chunk_size=batch_size)
    while batch := list(islice(rows, batch_size)):
        yield [to_entry(chunk) for chunk in batch]


def to_entry(chunk: Chunk) -> IndexEntry:
    """Return what is published of a chunk whose version, document and embedding are selected."""
    embedding = Embedding(dense=bytes(chunk.embedding.dense), tokens=bytes(chunk.embedding.tokens))
    return IndexEntry(chunk=to_indexed_chunk(chunk), embedding=embedding)
