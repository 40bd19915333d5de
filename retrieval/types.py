"""The values of retrieval. Frozen, without arrays: vectors travel as bytes, so that a value can be hashed and stored."""

from dataclasses import dataclass, field
from typing import NamedTuple

# Above this share of characters that the encoder cannot read, a text's vector says more about its punctuation than about it.
UNREADABLE_SHARE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What an index needs to know of a passage. Ids are the database's."""

    id: int
    collection_id: int
    document_id: int
    version_id: int
    title: str
    name: str = ""  # of the file: what it says beyond the title ("3M_2022_10K.pdf") counts for the keyword leg
    heading_path: tuple[str, ...] = ()
    prefix: str = ""  # header row of the table that this chunk continues
    text: str

    @property
    def contextual_text(self) -> str:
        """What is embedded. What is quoted is `text` alone."""
        return in_context(title=self.title, heading_path=self.heading_path, prefix=self.prefix, text=self.text)


def in_context(*, title: str, heading_path: tuple[str, ...], prefix: str, text: str) -> str:
    """Return a passage as it is embedded: title, heading path, table header, and last its text."""
    context = " > ".join(part for part in (title, *heading_path) if part)
    return "\n".join(part for part in (context, prefix, text) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Part of a chunk, a sentence with what it hangs on: ranges of characters in the text as it was embedded."""

    chunk_id: int
    contextual_text: str
    ranges: tuple[tuple[int, int], ...]  # ascending, without overlaps

    @property
    def text(self) -> str:
        return " ".join(self.contextual_text[start:end] for start, end in self.ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """The vectors of one chunk."""

    dense: bytes  # float32, little endian, `dimension` values, unit length; zeros where the encoder cannot read the text
    tokens: bytes  # quantised token vectors (retrieval.tokens); empty where the encoder gives none or cannot read the text


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One chunk with its vectors, as it is published to the index."""

    chunk: Chunk
    embedding: Embedding


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a query may see. It goes into both legs before scoring; an empty set of collections sees nothing."""

    collection_ids: frozenset[int]
    document_ids: frozenset[int] | None = None  # only these, where a reader restricts the question to some documents
    moved_ids: frozenset[int] = frozenset()  # documents in these collections that the index still has under another one
    hidden: bytes = b""  # documents in these collections that may not be seen: ids of 8 bytes, unsigned, little endian, ascending


class Hit(NamedTuple):
    """A chunk that was found, with what each stage thought of it. None: that stage did not see it.

    A tuple, since a search makes 500 of them: a frozen dataclass took a millisecond of its time for that.
    """

    chunk_id: int
    score: float  # of the last stage that ran
    rank: int  # from 1
    keyword_score: float | None = None  # BM25, >= 0
    keyword_rank: int | None = None
    dense_score: float | None = None  # inner product of unit vectors, in [-1, 1]
    dense_rank: int | None = None
    fused_score: float | None = None  # in [0, 1]
    rerank_score: float | None = None  # mean MaxSim per query token, in [-1, 1]
    exact_share: float | None = (
        None  # of the query's BM25, what its numbers and codes bring here, in [0, 1] (retrieval.reranking.exact)
    )
    cross_score: float | None = None  # of a model that read question and passage together, of any scale
    is_repeat: bool = False  # repeats better hits, and was therefore moved behind hits that differ


@dataclass(frozen=True, slots=True, kw_only=True)
class WordWeights:
    """How the keyword leg weighs what it finds; 0 switches an idea off. A backend whose BM25 is not ours may know none of them.

    `body` holds title and headings too, as every chunk is read with them, at weight 1; the two short fields add weight where a
    query names the document or the section. Measured (docs/quality.md): headings at .2 and .4 give financebench-a's evidence page
    among the first 5 .472 and .500, four other sets unchanged; pairs at .15, .3, .5 and .8 give rgb-zh-a hit@5 .868, .864, .855,
    .855 and cmrc-a nDCG@10 .9957, .9960, .9958, .9951; asking words at 1, .6, .4, .2 give rgb-zh-a .832, .845, .855, .855.
    """

    title: float = 0.2
    headings: float = 0.4
    pairs: float = 0.3  # of two Chinese characters side by side (Analyzer.pairs)
    asking: float = 0.4  # of a word that asks (Analyzer.is_asking); not 0: a query of nothing else still finds
    whole: float = 0.6  # of a vocabulary's word that the query names, where a passage holds all of it


PRODUCTION_WEIGHTS = WordWeights()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig:
    """Which stages run and with which weights; each can be switched off for an ablation. The defaults are production's."""

    limit: int = 10  # hits returned
    candidates: int = 100  # hits taken from each leg
    rerank_depth: int = 50  # best fused hits that MaxSim looks at
    cross_depth: int = 20  # of these, what a cross-encoder looks at, where one is configured
    use_cross: bool = True
    use_keyword: bool = True
    use_dense: bool = True
    use_rerank: bool = True
    dense_weight: float = 0.6  # alpha of the convex combination, in [0, 1]; docs/quality.md has what .5 to .65 measure
    lone_dense_weight: float = 0.9  # the same where words find none of what is nearest in meaning, >= dense_weight
    rerank_weight: float = 0.7  # of MaxSim against the fused score, in [0, 1]
    word_weights: WordWeights = PRODUCTION_WEIGHTS
    also: tuple[tuple[str, ...], ...] = ()  # groups of words that mean the same, besides the query's own (retrieval.vocabulary)
    use_readings: bool = True  # the encoder reads the query in these words, too
    exact_weight: float = 0.4  # of the query's numbers and codes by themselves (retrieval.reranking.exact); 0 switches them off
    weigh_tokens: bool = True  # words without a subject count less in MaxSim
    collapse_duplicates: bool = True  # passages that repeat a better one word for word
    collapse_repeated: bool = True  # passages whose every sentence better ones hold; where the texts are read (kb.index.search)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The hits of one query and what led to them."""

    hits: tuple[Hit, ...]
    dense_abstained: bool = False  # the encoder cannot read the query's script
    unknown_share: float = 0.0  # share of the query's words that the encoder's vocabulary does not know, in [0, 1]
    index_generation: int = 0
    searched: int | None = None  # chunks that the query could see; None: not known
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """How well a text meets a query: for each token of the query, its best inner product with a token of the text."""

    mean: float  # over the query's tokens, weighed; about [-1, 1]
    weakest: float  # of the tokens that count fully: what the text lacks most; about [-1, 1]
    unmet: float  # share of these below UNMET, in [0, 1]
    words: tuple[tuple[str, float], ...] = ()  # each word of the query, in order, with the best inner product of its weakest token


UNMET = 0.5
