"""What a child writes to its standard error, kept for the log: the end of it, so that no child fills a disk or a memory."""

import logging
import threading
from typing import IO

logger = logging.getLogger(__name__)
KEPT_CHARACTERS = 2000
READ_BYTES = 1 << 14
END_S = 5.0


class Complaints:
    """Reads a stream beside its reader, for a child that writes much must not wait."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self.stream, self.tail = stream, b""
        self.thread = threading.Thread(target=self._read, name="complaints", daemon=True)
        self.thread.start()

    def _read(self) -> None:
        while self.stream is not None and (piece := self.stream.read1(READ_BYTES)):  # type: ignore[attr-defined]  # a pipe has it
            self.tail = (self.tail + piece)[-KEPT_CHARACTERS:]

    def log(self, module: str) -> None:
        """Log what there is, once the child and all that it started have ended."""
        self.thread.join(END_S)
        if self.stream is not None and not self.thread.is_alive():
            self.stream.close()
        if message := " / ".join(self.tail.decode("utf-8", "replace").split("\n")).strip(" /"):
            logger.warning("%s wrote to standard error: %s", module, message)
