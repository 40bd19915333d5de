"""Pictures in files that seldom hold some: what decodes and reads them is loaded when the first one is met."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.parsers.cleaning import Cleaner
from ingest.parsers.content import Notice

if TYPE_CHECKING:
    from ingest.parsers.pictures.embedded import PictureReader


class LaterPictures:
    """Reads the pictures of one document."""

    def __init__(self, cleaner: Cleaner) -> None:
        self.cleaner = cleaner
        self._reader: PictureReader | None = None

    def text(self, data: bytes) -> str:
        """Return the words of a picture, as PictureReader does."""
        if self._reader is None:
            # takes longer to load than most files to read
            from ingest.parsers.pictures.embedded import PictureReader

            self._reader = PictureReader(self.cleaner)
        return self._reader.text(data)

    def notices(self) -> Iterator[Notice]:
        """Yield what was odd about the pictures."""
        if self._reader is not None and self._reader.read:
            yield Notice(code="ocr")
        if self._reader is not None and self._reader.left_out:
            yield Notice(code="pictures")
