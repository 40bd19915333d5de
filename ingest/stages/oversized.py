"""Adapter to LangChain's splitter: the last resort for a sentence that is longer than a chunk may be."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

SEPARATORS = ["\n", "，", "、", ", ", "; ", " | ", " "]


@lru_cache(maxsize=64)
def _splitter(size: int) -> "RecursiveCharacterTextSplitter":
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # half a second, for a sentence that few documents have

    return RecursiveCharacterTextSplitter(
        chunk_size=size, chunk_overlap=0, separators=SEPARATORS, keep_separator="end", strip_whitespace=False
    )


def split_oversized(text: str, *, max_characters: int) -> list[tuple[int, int]]:
    """Return (start, end) of pieces of at most `max_characters`, cut after a comma or a space where there is one."""
    spans: list[tuple[int, int]] = []
    position = 0
    for piece in _splitter(max_characters).split_text(text):
        # A word longer than a piece comes back whole: it is cut hard.
        for offset in range(0, len(piece), max_characters):
            end = position + min(offset + max_characters, len(piece))
            spans.append((position + offset, end))
        position += len(piece)
    if position != len(text):
        raise AssertionError("the splitter dropped characters")
    return spans
