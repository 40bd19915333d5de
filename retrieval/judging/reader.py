"""The judge, ready to be asked: does a passage answer a question, and where? Does evidence support a sentence?"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import torch

from retrieval.encoding import processor
from retrieval.encoding.packed.model_file import ModelFile, read_model_file
from retrieval.encoding.packed.vocabulary import read_vocabulary
from retrieval.encoding.packed.weights import build_bert
from retrieval.judging.calibration import Calibration
from retrieval.judging.errors import JudgeError
from retrieval.judging.forward import PairForward, PairOutput
from retrieval.judging.heads import Heads
from retrieval.judging.pairs import PairBuilder, Passage
from retrieval.judging.places import Places, Reading
from retrieval.judging.weights import JudgeWeights, load_weights

_KEPT = 1024  # readings and verdicts
_WINDOWS = 2  # of the evidence that a sentence is compared with


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """How evidence bears on a sentence, as an answer to a question where there is one: probabilities, their sum is 1.

    Attributes:
        beside: it is true by the evidence, and does not answer the question.
    """

    supported: float
    contradicted: float
    untold: float
    beside: float

    @property
    def is_told(self) -> float:
        """That the evidence tells the sentence, whether or not it answers the question, in [0, 1]."""
        return self.supported + self.beside


def encoder_name(file: ModelFile) -> str:
    """Return what tells the encoder below the judge from others."""
    head = repr(file.head).encode() + file.data[: 1 << 20].tobytes()
    return hashlib.sha256(head).hexdigest()[:16]


class Reader:
    """Reads and judges. Safe in threads; loads at first use.

    The same texts have the same figures to the bit on one machine, whatever is asked beside them. Another processor may round
    otherwise.

    Args:
        weights: as `load_weights` gives them.
        encoder: the bundled encoder's file.
    Raises: JudgeError: the weights were trained above another encoder.
    """

    def __init__(self, weights: JudgeWeights, encoder: Path) -> None:
        self._weights = weights
        self._calibration = Calibration.of_card(weights.calibration)
        self._file = read_model_file(encoder)
        if weights.encoder != encoder_name(self._file):
            raise JudgeError("The judge's weights were trained above another encoder than the one that is installed.")
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[bytes, ...], Reading | Support] = OrderedDict()

    @classmethod
    def open(cls, folder: Path, encoder: Path) -> "Reader":
        """Return the reader of a folder of weights. Raises: JudgeError, EncoderError."""
        return cls(load_weights(folder), encoder)

    @property
    def digest(self) -> str:
        """The SHA-256 of the weights, for receipts."""
        return self._weights.digest

    def warm_up(self) -> None:
        """Load, and run once."""
        self.read("warm?", ["warm"])

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """Return what each passage holds for a question, by itself, in their order."""
        threads = min(processor.threads(), len(passages))
        if threads < 2:
            return [self._read(question, passage) for passage in passages]
        self.models  # noqa: B018 - loaded before there are threads
        with ThreadPoolExecutor(threads, thread_name_prefix="judge", initializer=processor.use_one_thread) as pool:
            return list(pool.map(partial(self._read, question), passages))

    def check(self, claim: str, evidence: str, question: str = "") -> Support:
        """Return how evidence bears on a sentence. Of long evidence, the two windows that share most words with it are read."""
        key = _key("check", claim, evidence, question)
        kept = self._recall(key)
        if isinstance(kept, Support):
            return kept
        builder, run = self.models
        head, passage = builder.sentence(claim, question), builder.passage(evidence)
        windows = _nearest(builder.sentence(claim, ""), passage)
        found = [self._support(run(builder.join(head, passage, *window)[0])) for window in windows]
        support = max(found, key=lambda one: one.is_told)
        self._keep(key, support)
        return support

    def _read(self, question: str, text: str) -> Reading:
        key = _key("read", question, text)
        kept = self._recall(key)
        if isinstance(kept, Reading):
            return kept
        builder, run = self.models
        head, passage = builder.question(question), builder.passage(text)
        places = Places(passage)
        for window in passage.windows():
            ids, first = builder.join(head, passage, *window)
            places.add(window, first, run(ids))
        reading = places.reading(self._calibration)
        self._keep(key, reading)
        return reading

    def _support(self, output: PairOutput) -> Support:
        supported, contradicted, untold, beside = self._calibration.shares(output.labels)
        return Support(supported=supported, contradicted=contradicted, untold=untold, beside=beside)

    @property
    def models(self) -> tuple[PairBuilder, PairForward]:
        """What builds pairs, and what runs them."""
        with self._lock:
            return self._models

    @cached_property
    def _models(self) -> tuple[PairBuilder, PairForward]:
        processor.use_one_thread()  # in one pair: threads are for several pairs, as retrieval.encoding.encoder says
        tokenizer, rows = read_vocabulary(self._file)
        dtype = torch.bfloat16 if processor.multiplies_bf16() else torch.float32
        bert = build_bert(self._file, rows, dtype)
        heads = Heads(self._file.head.hidden)
        try:
            bert.replace({name: value.to(dtype) for name, value in self._weights.bert.items()})
            heads.load_state_dict(dict(self._weights.heads))
        except RuntimeError as error:
            raise JudgeError(f"The judge's weights do not fit the encoder: {error}") from error
        return PairBuilder(tokenizer), PairForward(bert, heads.requires_grad_(False))

    def _recall(self, key: tuple[bytes, ...]) -> Reading | Support | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def _keep(self, key: tuple[bytes, ...], found: Reading | Support) -> None:
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _key(*texts: str) -> tuple[bytes, ...]:
    return tuple(hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts)


def _nearest(claim: Sequence[int], passage: Passage) -> list[tuple[int, int]]:
    """Return the windows that share most tokens with a claim, best first."""
    said = set(claim)
    ordered = sorted(passage.windows(), key=lambda window: (-len(said & set(passage.ids[window[0] : window[1]])), window))
    return ordered[:_WINDOWS]
