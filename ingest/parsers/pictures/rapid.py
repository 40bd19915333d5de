"""OCR with RapidOCR: PP-OCR models that lie in its wheel, on the CPU, in one thread.

It runs in a process of its own (ingest.stages.ocr_child) below the parsing child, under its limits: what it needs of CPU time and
memory is not taken from the document's, and a picture on which it hangs or dies costs that picture alone. A process reads some
pictures and gives its place to the next one before its CPU time is used up.
"""

import atexit
import importlib.util
import json
import logging
import select
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import cast

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.pdf.page import Word
from ingest.parsers.pictures.columns import in_columns
from ingest.parsers.pictures.words import cut_word

Piece = tuple[str, float, float, float, float, int]
logger = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_S = 120.0
PICTURES_PER_PROCESS = 10  # a full page takes 5 to 12 s, and the limit of CPU time is 300 s
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


def is_available() -> bool:
    """True where the package is installed, with what runs its models."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def read_lines(picture: bytes, *, points_per_pixel: float, cleaner: Cleaner) -> list[list[Word]]:
    """Return the words of each line of a picture (PGM, PPM or PNG), boxes in points. None where it takes too long."""
    found: list[list[Word]] = []
    for row in _READER.read(picture):
        words: list[Word] = []
        for text, left, top, right, bottom, turn in row:
            x, y, width, height = (side * points_per_pixel for side in (left, top, right - left, bottom - top))
            cut = cut_word(cleaner.clean(text.strip()), x, y, width, height, words, joins=not text.startswith(" "))
            words.extend(replace(word, turn=turn) if turn else word for word in cut)
        if words:
            found.append(words)
    return in_columns(found)


class _Reader:
    """Hands pictures to a process, one after the other; starts the next one when it has read enough, or hangs, or has died."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.count = 0

    def read(self, picture: bytes) -> list[list[Piece]]:
        """Return lines of (text, left, top, right, bottom, turn) as ingest.stages.ocr_child describes them."""
        if self.process is None or self.process.poll() is not None or self.count >= PICTURES_PER_PROCESS:
            self.end()
            self.process, self.count = _start(), 0
        self.count += 1
        try:
            return self._ask(self.process, picture)
        except (OSError, EOFError, TimeoutError) as error:
            logger.warning("a picture of %d bytes was not read: %s", len(picture), type(error).__name__)
            self.end()
            return []

    @staticmethod
    def _ask(process: subprocess.Popen[bytes], picture: bytes) -> list[list[Piece]]:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process needs pipes")
        process.stdin.write(len(picture).to_bytes(4, "big") + picture)
        process.stdin.flush()
        end, answer = time.monotonic() + TIMEOUT_S, b""
        while len(answer) < 4 or len(answer) < 4 + int.from_bytes(answer[:4], "big"):
            if not select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError
            piece = cast(BufferedReader, process.stdout).read1(1 << 16)
            if not piece:
                raise EOFError
            answer += piece
        lines: list[list[Piece]] = json.loads(answer[4:])
        return lines

    def end(self) -> None:
        """End the process, if there is one."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):  # it had not taken all of the picture
                        stream.close()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "ingest.stages.ocr_child"],  # its standard error is the parsing child's, and logged
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=ENVIRONMENT,
    )


_READER = _Reader()
atexit.register(_READER.end)
