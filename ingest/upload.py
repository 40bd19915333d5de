"""Upload handlers: stream the files of a form into the store, once, and only for people who may upload.

A view that takes files is marked by `takes_files` and calls `receive_files` when it knows who asks and what they may. Until then
nothing of the body is read, not even by Django's CSRF check: it is made here, with the token in the headers or in the first field
of the form. Every other view gets no files at all (NoFiles).
"""

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.http.multipartparser import MultiPartParser
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt

from ingest.errors import UploadRefused
from kb.storage import Incoming, Receiver, StorageFull, TooLarge, discard

HEAD_BYTES = 4096  # of the body, in which the form's token stands, its first field
TOKEN = re.compile(rb'--[^\r\n]+\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n(\w+)\r\n', re.IGNORECASE)
View = Callable[..., HttpResponseBase]
if TYPE_CHECKING:
    BytesFile = UploadedFile[bytes]
else:
    BytesFile = UploadedFile  # Django's classes of files take no type argument when they run


class NoFiles(FileUploadHandler):
    """For forms that take no files: one that brings some is read without them."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Nothing is kept."""

    def file_complete(self, file_size: int) -> None:
        """Nothing was kept."""


class ReceivedFile(BytesFile):
    """A form's file that lies in the store, not yet kept; or why it does not."""

    name: str

    def __init__(self, *, name: str, size: int, incoming: Incoming | None, refusal: str) -> None:
        super().__init__(file=None, name=name, size=size)
        self.incoming, self.refusal = incoming, refusal

    def take(self) -> Incoming:
        """Return what was received; whoever takes it keeps or discards it. Raises: UploadRefused."""
        if self.incoming is None:
            raise UploadRefused(self.refusal or "empty")
        incoming, self.incoming = self.incoming, None
        return incoming

    def close(self) -> None:
        """Discard what nobody took."""
        if self.incoming is not None:
            discard(self.incoming)
            self.incoming = None


class StoreFiles(FileUploadHandler):
    """Writes the files of one form into the store as they arrive.

    What comes of a file after it was refused is not kept, but read to its end, so that the sender receives the reason.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.receiver: Receiver | None = None
        self.refusal = ""
        self.files: list[ReceivedFile] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.refusal = ""
        with self._refusing():
            self.receiver = Receiver(max_bytes=settings.UPLOAD_MAX_BYTES)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self._refusing():
            if self.receiver is not None:
                self.receiver.write(raw_data)

    def file_complete(self, file_size: int) -> ReceivedFile:
        incoming = None
        with self._refusing():
            if self.receiver is not None:
                incoming, self.receiver = self.receiver.finish(), None
        file = ReceivedFile(name=self.file_name or "", size=file_size, incoming=incoming, refusal=self.refusal)
        self.files.append(file)
        return file

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Note why the file is not kept. The receiver has left nothing behind by then."""
        try:
            yield
        except (StorageFull, TooLarge) as error:
            self.refusal, self.receiver = "storage_full" if isinstance(error, StorageFull) else "too_large", None

    def clear(self) -> None:
        """Discard what was not taken, be it whole or not."""
        if self.receiver is not None:
            self.receiver.discard()
        for file in self.files:
            file.close()


class _Forged(Exception):
    """The form carries no valid token. `response` says so."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__("CSRF")
        self.response = response


class _Body:
    """A request's body whose first bytes were looked at."""

    def __init__(self, request: HttpRequest) -> None:
        self.request, self.head = request, b""
        while len(self.head) < HEAD_BYTES and (piece := request.read(HEAD_BYTES - len(self.head))):
            self.head += piece

    @property
    def token(self) -> str:
        """The token of a form whose first field it is, as on our pages; "" where another one is."""
        found = TOKEN.match(self.head)
        return found.group(1).decode() if found else ""

    def read(self, size: int) -> bytes:
        piece, self.head = self.head[:size], self.head[size:]
        return piece or self.request.read(size)


def takes_files(view: View) -> View:
    """Mark a view that takes files by `receive_files`; a forged form gets the page that every forged form gets."""

    @csrf_exempt  # receive_files checks the token before it stores anything
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except _Forged as forged:
            return forged.response

    return guarded


@contextmanager
def receive_files(request: HttpRequest, *, is_checked: bool = False) -> Iterator[MultiValueDict[str, ReceivedFile]]:
    """Yield the files of a form by field, in the store; those that nobody takes are discarded at the end.

    Args: is_checked: True where a key or a header was checked already, so that no token is looked for.
    Raises: what a form that makes no sense raises (400); in a view marked by `takes_files` also what says that it was forged.
    """
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        yield MultiValueDict()
        return
    body, handler = _Body(request), StoreFiles(request)
    if not is_checked:
        probe = without_body(request)
        probe.META.setdefault(settings.CSRF_HEADER_NAME, body.token)
        if refused := CsrfViewMiddleware(_no_view).process_view(probe, _no_view, (), {}):
            raise _Forged(refused)
    try:
        _, files = MultiPartParser(request.META, body, [handler], request.encoding).parse()  # type: ignore[arg-type]  # it calls `read` alone
        yield files
    finally:
        handler.clear()


def _no_view(request: HttpRequest) -> HttpResponse:
    """What Django's check is made before; it is never called."""
    return HttpResponse()


def without_body(request: HttpRequest) -> HttpRequest:
    """Return the request with its headers alone, for checks that would read the body."""
    probe = copy.copy(request)
    probe.POST, probe.META, probe.resolver_match = QueryDict(), {**request.META}, request.resolver_match
    return probe
