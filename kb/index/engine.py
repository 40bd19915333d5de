"""The one place that composes retrieval: encoder, index and search, as the edition that serves says."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from django.conf import settings

from kb.index.backends import LOCAL, open_backend
from kb.index.editions import building_edition, serving_edition
from kb.index.entries import read_texts
from kb.models import Edition
from language.analyzer import get_analyzer
from retrieval.encoding import processor
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.missing import MissingEncoder
from retrieval.encoding.opening import ENGLISH, SHIPPED, open_encoder
from retrieval.encoding.pair import PairedEncoder
from retrieval.encoding.paired_tokens import is_marked
from retrieval.errors import EncoderError
from retrieval.fair_semaphore import FairSemaphore
from retrieval.ports import Embedder, IndexSnapshot, IndexWriter, LateInteraction, Reranker
from retrieval.remote.embeddings import RemoteEncoder
from retrieval.remote.rerank import RemoteReranker
from retrieval.remote.server import Server, is_remote
from retrieval.reranking.cross_encoder import CrossEncoderReranker
from retrieval.search import search
from retrieval.stretches import score_stretches
from retrieval.types import Closeness, Scope, SearchConfig, SearchResult, Stretch

logger = logging.getLogger(__name__)
Encoder = SentenceEncoder | PairedEncoder | RemoteEncoder
VECTORS_KEPT = 1_000  # of questions that others are compared with, 3 kB each
SEARCH_SLOTS = FairSemaphore(processor.threads())  # searches that compute in this process
ENGINES_KEPT = 3  # the edition that serves, the one before it, the one that is built


class Engine:
    """Retrieval in one edition. Safe in threads; the encoder loads at its first use.

    Args:
        embedder: the setting EMBEDDER: one of those that are shipped, or the folder of a model.
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
        self._slots: AbstractContextManager[None] = (
            SEARCH_SLOTS if url == LOCAL else nullcontext()
        )  # a server elsewhere has its own
        self.edition = edition
        if not self.is_whole:
            logger.error(
                "edition %s was made with %s, which %s does not open: it is found by words alone", edition, encoder, embedder
            )

    @property
    def embedder(self) -> Embedder:
        return self._encoder

    @property
    def projection(self) -> LateInteraction | None:
        """Of the encoder's token vectors; None: it keeps none."""
        return self._encoder.projection

    def of(self, edition: Edition) -> "Engine":
        """Return the engine of another edition, or itself."""
        return self if edition.number == self.edition else engine_of(edition)

    @property
    def is_whole(self) -> bool:
        """False where the edition's encoder is gone: then words alone find passages, and nothing can be embedded."""
        return not isinstance(self._encoder, MissingEncoder)

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

    def count(self) -> int:
        """Return how many passages the index has. Raises: IndexFault."""
        return self._index.snapshot().count()

    def check_encoder(self) -> int:
        """Have an encoder on a server embed a word; one of this process answers when it is loaded. Returns: vectors that came back.

        Raises: EncoderError.
        """
        return len(self._encoder.embed_passages(["ready"])) if isinstance(self._encoder, RemoteEncoder) else 0

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
            slots=self._slots,
        )

    def score_stretches(self, query: str, stretches: Sequence[Stretch]) -> list[Closeness | None]:
        """Return how well parts of chunks meet a query in late interaction, from the token vectors in the index.

        What has no vectors there, or others than its text has tokens, is embedded anew. None for all where the encoder keeps none.
        """
        return score_stretches(
            query, stretches, index=self._index.snapshot(), embedder=self._encoder, projection=self._encoder.projection
        )

    def score_texts(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return the late interaction of a query with each short text: mean MaxSim per query token, about [-1, 1].

        0 for every text where the encoder cannot read the query or keeps no token vectors.
        """
        projection = self._encoder.projection
        asked = self._encoder.embed_query(query).tokens if projection is not None and texts else b""
        if projection is None or not asked or is_marked(asked):
            return [0.0] * len(texts)
        scores = projection.max_sim(asked, self._encoder.embed_tokens(texts))
        return [score if score is not None else 0.0 for score in scores]

    def compare_questions(self, question: str, others: Sequence[str]) -> list[float]:
        """Return the cosine of a question's vector with those of others, in [-1, 1]; 0 for what the encoder cannot read.

        The others are few and the same again and again: their vectors are kept. Raises: EncoderError.
        """
        asked = np.frombuffer(self._encoder.embed_query(question).dense, "<f4")
        return [float(np.frombuffer(self._vector_of(other), "<f4") @ asked) for other in others]

    @cached_property
    def _vector_of(self) -> Callable[[str], bytes]:
        return lru_cache(maxsize=VECTORS_KEPT)(lambda text: self._encoder.embed_query(text).dense)

    def check_files(self) -> None:
        """Read the published index against its checksums. Raises: IndexDamaged."""
        self._index.check()


def find_encoder(embedder: str, *, fingerprint: str = "") -> Encoder | MissingEncoder:
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
        return MissingEncoder(fingerprint)
    if fingerprint in ("", found):
        return encoder
    if isinstance(encoder, PairedEncoder):  # what was indexed before it was there is answered by the first model
        english = _open_encoder(ENGLISH)
        return english if english.fingerprint == fingerprint else MissingEncoder(fingerprint)
    if isinstance(encoder, SentenceEncoder) and encoder.projection is not None and embedder not in SHIPPED:
        # What was indexed before a projection was fitted is answered by the encoder as it was then.
        before = _open_encoder(embedder, is_projected=False)
        if before.fingerprint == fingerprint:
            return before
    return MissingEncoder(fingerprint)


@lru_cache(maxsize=ENGINES_KEPT)
def _open_encoder(embedder: str, *, is_projected: bool = True) -> Encoder:
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


def get_engine() -> Engine:
    """Return the engine of the edition that serves now. Reads the database: not for the event loop."""
    return engine_of(serving_edition())


def engine_of(edition: Edition) -> Engine:
    """Return the engine of an edition; each is opened once in a process."""
    return engine_at(settings.RETRIEVAL_URL, edition=edition)


def engine_at(url: str, *, edition: Edition) -> Engine:
    """Return the engine of an edition whose index is stored elsewhere than the settings say."""
    embedder = _embedder_of(edition)
    made = (url, settings.INDEX_ROOT, embedder, edition.number, edition.encoder, edition.folder)
    engine = _open_engine(*made)
    if not engine.is_whole and not isinstance(find_encoder(embedder, fingerprint=edition.encoder), MissingEncoder):
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
    """Remove the files of an edition that no longer serves. Readers that still have them open keep what they have."""
    if edition.folder:
        open_backend(settings.RETRIEVAL_URL, settings.INDEX_ROOT).remove(edition.folder)
