"""A question or a sentence with a window of a passage, as one row of token ids: <s> asked </s></s> passage </s>."""

from collections.abc import Iterator
from dataclasses import dataclass

from tokenizers import Tokenizer

WINDOW = 224  # tokens of a passage that are read at once: a chunk is seldom longer
STEP = 160  # tokens from one window to the next: an answer of up to 64 tokens stands whole in one of them
_QUESTION = 56  # tokens kept of a question
_SENTENCE = 96  # of a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage's tokens, with the characters [starts[i], ends[i]) of each."""

    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def windows(self) -> Iterator[tuple[int, int]]:
        """Yield the tokens [begin, end) of each window; one of no tokens where the passage has none."""
        begin = 0
        while True:
            end = min(begin + WINDOW, len(self.ids))
            yield begin, end
            if end == len(self.ids):
                return
            begin = min(begin + STEP, len(self.ids) - WINDOW)


class PairBuilder:
    """Cuts texts into tokens and puts pairs together. Safe in threads."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        ends = tokenizer.encode("").ids
        self._first, self._end = ends[0], ends[-1]

    def passage(self, text: str) -> Passage:
        """Return a passage's tokens; places are code points."""
        read = self._tokenizer.encode(text, add_special_tokens=False)
        # A piece that begins a word holds the space before it.
        starts = (start + (end - start > 1 and text[start].isspace()) for start, end in read.offsets)
        return Passage(ids=tuple(read.ids), starts=tuple(starts), ends=tuple(end for _, end in read.offsets))

    def question(self, question: str) -> list[int]:
        """Return the beginning of a pair that asks whether a passage answers."""
        return [self._first, *self._cut(f"query: {question}", _QUESTION)]

    def sentence(self, sentence: str, question: str) -> list[int]:
        """Return the beginning of a pair that asks whether a passage supports a sentence; `question` may be empty."""
        head = [self._first, *self._cut(f"claim: {sentence}", _SENTENCE)]
        return [*head, self._end, *self._cut(f"query: {question}", _QUESTION)] if question else head

    def join(self, head: list[int], passage: Passage, begin: int, end: int) -> tuple[list[int], int]:
        """Return the ids of a pair with a window of the passage, and the place of the window's first token among them."""
        return [*head, self._end, self._end, *passage.ids[begin:end], self._end], len(head) + 2

    def _cut(self, text: str, length: int) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids[:length]
