"""The encoder: one forward pass of a sentence-transformers model gives the dense vector and the token vectors of a text."""

import logging
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from retrieval.encoding import processor
from retrieval.encoding.model import Model, short_digest
from retrieval.encoding.prompts import Prompts
from retrieval.encoding.query_batches import QueryBatches
from retrieval.encoding.token_places import Read, find_unknown, read_text, token_weight
from retrieval.tokens import Projection
from retrieval.types import UNREADABLE_SHARE, Embedding

if TYPE_CHECKING:
    from retrieval.encoding.forward import ForwardPass

logger = logging.getLogger(__name__)

# The commonest Chinese characters. A vocabulary that lacks many of them was not trained on Chinese, and the vectors of those that
# it has by chance mean nothing.
_HAN_PROBE = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
BATCH_TOKENS = 2048  # padded tokens in one forward pass; measured on two cores, passages/s: 130 at 2048, 112 at 4096, 71 at 16384
QUERY_STEP = 8  # tokens: lengths that come again find their products prepared, which takes half as long as running them
QUERIES_KEPT = 256  # embeddings of the last questions: 10 KB each


class SentenceEncoder:
    """One model. Loads at first use, offline; safe in threads.

    The tokenizer loads apart from the weights (20 ms against seconds), since counting tokens needs none.

    Args:
        model: whose vectors they are.
        name: what the fingerprint calls it.
        projection: for token vectors; without one, embeddings carry none and late interaction is skipped.
    """

    def __init__(self, *, model: Model, name: str, projection: Projection | None) -> None:
        self._source = model
        self._name = name
        self._projection = projection
        self._lock = threading.Lock()
        self._recent = lru_cache(maxsize=QUERIES_KEPT)(self._embed_query)
        # On half of the cores: the others search meanwhile, and the fewer batches at a time, the fuller they are.
        self._queries: QueryBatches[Read, Embedding] = QueryBatches(
            self._embed_queries, side_by_side=lambda: max(1, self._threads // 2)
        )

    @property
    def name(self) -> str:
        """What the fingerprint calls it."""
        return self._name

    @property
    def folder(self) -> Path:
        """Where the model lies."""
        return self._source.path

    @cached_property
    def fingerprint(self) -> str:
        parts, tokens = [self._source.identity], ""
        if self._projection is not None:
            parts += [self._projection.matrix.tobytes(), self._projection.step.tobytes()]
            tokens = f"-t{self._projection.dimension}x4"
        return f"{self._name}{tokens}-{short_digest(*parts)}"[:80]

    @property
    def projection(self) -> Projection | None:
        return self._projection

    @cached_property
    def dimension(self) -> int:
        return self._model.dimension

    @cached_property
    def max_tokens(self) -> int:
        return min(self._room(self._read(["a"], prompt=prompt)[0]) for prompt in (self._prompts.query, self._prompts.passage))

    def warm_up(self) -> None:
        """Load the model and run it once, so that the first question does not wait for it."""
        for text in ("warm up", "and once more"):  # TorchScript looks at a first run and prepares itself for the second
            self.embed_query(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def unknown_share(self, text: str) -> float:
        """Weighted by characters: a word of one unknown piece weighs as much as it is long."""
        return self._share(self._read([text])[0])

    def embed_passages(self, texts: Sequence[str]) -> list[Embedding]:
        read = self._read(texts, prompt=self._prompts.passage)
        embeddings = [Embedding(dense=bytes(4 * self.dimension), tokens=b"")] * len(read)
        readable = [position for position, one in enumerate(read) if self._share(one) <= UNREADABLE_SHARE]
        batches = [[(position, read[position]) for position in batch] for batch in self._batches(read, readable)]
        for done in self._side_by_side(batches):
            for position, embedding in done:
                embeddings[position] = embedding
        return embeddings

    def embed_tokens(self, texts: Sequence[str]) -> list[bytes]:
        return [embedding.tokens for embedding in self.embed_passages(texts)]

    def _side_by_side(self, batches: Sequence[Sequence[tuple[int, Read]]]) -> Iterator[list[tuple[int, Embedding]]]:
        """Embed batches in as many threads as torch may use, each in one of them.

        Threads inside one batch wait for each other a hundred times in it: where another process had one of two cores, 384
        passages came at 8/s by two threads inside each batch, and at 67/s by one.
        """
        threads = min(self._threads, len(batches))
        if threads < 2:
            yield from map(self._embed_batch, batches)
            return
        with ThreadPoolExecutor(threads, thread_name_prefix="embed", initializer=processor.use_one_thread) as pool:
            yield from pool.map(self._embed_batch, batches)

    def _embed_batch(self, batch: Sequence[tuple[int, Read]]) -> list[tuple[int, Embedding]]:
        return [
            (position, Embedding(dense=dense, tokens=self._projection.pack(tokens) if self._projection is not None else b""))
            for position, dense, tokens in self._forward(batch)
        ]

    def embed_query(self, text: str) -> Embedding:
        """A question is embedded once, though search and the ranking of sentences both ask for it."""
        return self._recent(text)

    def _embed_query(self, text: str) -> Embedding:
        return self._queries.submit(self._read([text], prompt=self._prompts.query)[0])

    def _embed_queries(self, texts: Sequence[Read]) -> list[Embedding]:
        done = self._forward(list(enumerate(texts)), step=QUERY_STEP)
        return [
            Embedding(dense=dense, tokens=tokens.tobytes() if self._projection is not None else b"") for _, dense, tokens in done
        ]

    def token_starts(self, text: str) -> list[int]:
        (read,) = self._read([text], prompt=self._prompts.passage)
        return list(read.starts[: self._room(read)])

    def query_weights(self, text: str) -> list[float]:
        """Words without a subject and punctuation count less: every passage has a token like them."""
        (read,) = self._read([text], prompt=self._prompts.query)
        return [token_weight(self._tokenizer.id_to_token(number) or "") for number in read.numbers[: self._room(read)]]

    def token_vectors(self, texts: Sequence[str]) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        """Yield each text's unprojected token vectors [tokens, dimension]; for fitting a projection."""
        for text in texts:
            _, states, mask = self._run(self._read([text], prompt=self._prompts.passage))
            yield states[0][mask[0]]

    def _read(self, texts: Sequence[str], *, prompt: str = "") -> list[Read]:
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        return [read_text(text, encoding, prompt=prompt) for text, encoding in zip(texts, encodings, strict=True)]

    def _room(self, read: Read) -> int:
        """How many tokens of a text fit into the window, behind what stands before it and in front of the closing token."""
        return max(0, self._window - 1 - read.first)

    def _share(self, read: Read) -> float:
        unknown = sum(
            end - start
            for number, start, end in zip(read.numbers, read.starts, read.ends, strict=True)
            if number == self._unknown or (not self._reads_han and _HAN.match(read.text, start))
        )
        return unknown / max(1, sum(end - start for start, end in zip(read.starts, read.ends, strict=True)))

    @cached_property
    def _reads_han(self) -> bool:
        # By characters: a unigram tokenizer makes one piece of all that it does not know in a row.
        encoding = self._tokenizer.encode(_HAN_PROBE, add_special_tokens=False)
        pairs = zip(encoding.ids, encoding.offsets, strict=True)
        return sum(end - start for number, (start, end) in pairs if number == self._unknown) < 0.1 * len(_HAN_PROBE)

    def _batches(self, texts: Sequence[Read], positions: Sequence[int]) -> Iterator[list[int]]:
        """Yield the positions, sorted by length, in batches that hold at most BATCH_TOKENS when padded."""
        batch: list[int] = []
        for position in sorted(positions, key=lambda index: -len(texts[index].ids)):
            longest = min(len(texts[batch[0] if batch else position].ids), self._window)
            if batch and (len(batch) + 1) * longest > BATCH_TOKENS:
                yield batch
                batch = []
            batch.append(position)
        if batch:
            yield batch

    def _forward(
        self, items: Sequence[tuple[int, Read]], *, step: int = 1
    ) -> Iterator[tuple[int, bytes, np.ndarray[Any, np.dtype[np.float32]]]]:
        dense, states, mask = self._run([text for _, text in items], step=step)
        for row, (position, _) in enumerate(items):
            tokens = states[row][mask[row]]
            if self._projection is not None:
                tokens = self._projection.project(tokens)
            yield position, dense[row].tobytes(), tokens

    def _run(self, texts: Sequence[Read], *, step: int = 1) -> tuple[Any, Any, Any]:
        """Return dense [texts, dimension], states [texts, length, dimension] and which of them are tokens of the text itself.

        Args:
            step: the length is a multiple of it.
        """
        import torch

        length = min(-(-max(len(text.ids) for text in texts) // step) * step, self._window)
        ids = np.full((len(texts), length), self._pad_id, dtype=np.int64)
        attention = np.zeros_like(ids)
        words = np.zeros(ids.shape, dtype=bool)
        for row, text in enumerate(texts):
            used = min(len(text.ids), length)
            ids[row, :used] = text.ids[:used]
            if used < len(text.ids):
                ids[row, used - 1] = text.ids[-1]  # a truncated text still ends with the closing token
            attention[row, :used] = 1
            words[row, text.first : used - 1] = True
        dense, states = self._model(torch.from_numpy(ids), torch.from_numpy(attention))
        return dense.numpy(), states.numpy(), words

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = self._source.tokenizer()
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _window(self) -> int:
        return self._source.window

    @cached_property
    def _prompts(self) -> Prompts:
        return self._source.prompts

    @cached_property
    def _unknown(self) -> int | None:
        return find_unknown(self._tokenizer)

    @cached_property
    def _pad_id(self) -> int:
        for token in ("[PAD]", "<pad>"):
            number = self._tokenizer.token_to_id(token)
            if number is not None:
                return int(number)
        return 0

    @property
    def _threads(self) -> int:
        """Batches at once; where a GPU does the work, one."""
        return processor.threads() if self._model.is_on_cpu else 1

    @property
    def _model(self) -> "ForwardPass":
        model: ForwardPass | None = self.__dict__.get("_loaded")
        if model is None:
            with self._lock:
                model = self.__dict__.get("_loaded")
                if model is None:
                    model = self._source.open()
                    processor.use_one_thread()  # inside a batch, in every thread; see _side_by_side
                    logger.info("encoder loaded: name=%s as=%s dtype=%s", self._name, type(model).__name__, model.dtype)
                    self.__dict__["_loaded"] = model
                    processor.give_memory_back()
        return model
