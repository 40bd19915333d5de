"""Where the bytes of a form's files go while they arrive: to the disk of the storage, and nowhere when that is full."""

import errno
from contextlib import suppress
from tempfile import NamedTemporaryFile

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

from kb.storage import FULL, incoming_folder


class _Lost:
    """A file that the disk had no room for: whoever reads it is told."""

    def read(self, size: int = -1) -> bytes:
        raise OSError(errno.ENOSPC, "the upload had no room")

    def close(self) -> None:
        """Nothing is open."""


class _Arriving(TemporaryUploadedFile):
    """Django's, in the storage's folder for what arrives."""

    def __init__(self, name: str, content_type: str, charset: str | None, extra: dict[str, bytes] | None) -> None:
        file = NamedTemporaryFile(suffix=".part", dir=incoming_folder())  # noqa: SIM115 - the request closes it
        UploadedFile.__init__(self, file, name, content_type, 0, charset, extra)


class StorageUploadHandler(TemporaryFileUploadHandler):
    """Django's, but a full disk is told to the one who uploads (ingest.services.accept_upload) instead of failing the request."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.is_lost, self.file = False, None
        try:
            self.file = _Arriving(self.file_name, self.content_type, self.charset, self.content_type_extra)
        except OSError as error:
            self._lose(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.is_lost:
            return
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self._lose(error)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if not self.is_lost:
            try:
                return super().file_complete(file_size)
            except OSError as error:
                self._lose(error)
        return UploadedFile(_Lost(), self.file_name, self.content_type, file_size, self.charset, self.content_type_extra)

    def _lose(self, error: OSError) -> None:
        """Give the space back, and take in the rest for nothing. Raises: OSError: it is not the disk's size."""
        if error.errno not in FULL:
            raise error
        self.is_lost = True
        if self.file is not None:
            with suppress(OSError):  # what could not be written cannot be flushed either; the file is removed all the same
                self.file.close()
