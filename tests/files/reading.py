"""Reads a file as an upload does and returns what the tests look at."""

from pathlib import Path

from tests.ingest.files import write
from tests.ingest.store import read_file

Warnings = dict[str, dict[str, str | int]]


def read(folder: Path, name: str, content: str | bytes) -> tuple[list[str], Warnings]:
    """Return the texts of the blocks in their order, and the values of the warnings by their code."""
    _, pages, notices = read_file(write(folder, name, content))
    texts = [page.text[block.start : block.end] for page in pages for block in page.blocks]
    return texts, {notice.code: notice.values for notice in notices}


def texts(folder: Path, name: str, content: str | bytes) -> list[str]:
    """Return the texts of the blocks in their order."""
    return read(folder, name, content)[0]
