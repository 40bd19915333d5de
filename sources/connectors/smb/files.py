"""List a folder of a share, read a file, and read its security descriptor in one round trip."""

import ntpath
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from smbprotocol.exceptions import (
    AccessDenied,
    DeletePending,
    NoMoreFiles,
    NoSuchFile,
    ObjectNameNotFound,
    ObjectPathNotFound,
    SMBException,
    SMBResponseException,
)
from smbprotocol.file_info import FileAttributes, FileInformationClass, InfoType
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    InfoAdditionalInformation,
    Open,
    ShareAccess,
    SMB2QueryInfoRequest,
    SMB2QueryInfoResponse,
)

from sources.connectors.calling.calls import check_size
from sources.connectors.errors import ItemGone, ItemUnreadable

PORTION = 1024 * 1024
DESCRIPTOR_BYTES = 65536
AT_ONCE, CREDITS = 32, 3  # files whose descriptors are asked for at once, and what the server counts for one
GONE = (ObjectNameNotFound, ObjectPathNotFound, NoSuchFile, DeletePending)
SHARED = ShareAccess.FILE_SHARE_READ | ShareAccess.FILE_SHARE_WRITE | ShareAccess.FILE_SHARE_DELETE
FOLDER, REPARSE = FileAttributes.FILE_ATTRIBUTE_DIRECTORY, FileAttributes.FILE_ATTRIBUTE_REPARSE_POINT
NO_ID = (0, 2**64 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or folder as its folder lists it. `file_id` 0: the server tells none."""

    name: str
    is_folder: bool
    is_link: bool  # a junction or another reparse point
    size: int
    modified: datetime
    file_id: int


def list_folder(tree: Any, path: str) -> Iterator[Entry]:
    """Yield what a folder holds. Raises: SMBException."""
    access = FilePipePrinterAccessMask.FILE_READ_DATA | FilePipePrinterAccessMask.FILE_READ_ATTRIBUTES
    with _opened(tree, path, access, CreateOptions.FILE_DIRECTORY_FILE) as folder:
        while True:
            try:
                found = folder.query_directory("*", FileInformationClass.FILE_ID_FULL_DIRECTORY_INFORMATION)
            except (NoMoreFiles, NoSuchFile):
                return
            for one in found:
                name = one["file_name"].get_value().decode("utf-16-le", errors="replace")
                attributes, file_id = one["file_attributes"].get_value(), one["file_id"].get_value()
                if name not in (".", ".."):
                    yield Entry(
                        name=name,
                        is_folder=bool(attributes & FOLDER),
                        is_link=bool(attributes & REPARSE),
                        size=one["end_of_file"].get_value(),
                        modified=one["last_write_time"].get_value(),
                        file_id=0 if file_id in NO_ID else file_id,
                    )


def read_file(tree: Any, path: str) -> Iterator[bytes]:
    """Yield a file's bytes. Raises: ItemGone, ItemUnreadable, SMBException."""
    with (
        _item_errors(),
        _opened(tree, path, FilePipePrinterAccessMask.FILE_READ_DATA, CreateOptions.FILE_NON_DIRECTORY_FILE) as file,
    ):
        check_size(file.end_of_file)
        position, portion = 0, min(PORTION, file.connection.max_read_size)
        while position < file.end_of_file:
            content = file.read(position, min(portion, file.end_of_file - position))
            if not content:
                return
            position += len(content)
            yield content


def read_descriptors(tree: Any, paths: Sequence[str]) -> Iterator[bytes | SMBResponseException]:
    """Yield each file's security descriptor with its access list, or why it was not given.

    For each, open, ask and close are sent as one; several files are asked before the first answer is waited for.
    Raises: SMBException: the connection failed.
    """
    sent: deque[list[Any]] = deque()
    window = tree.session.connection.sequence_window
    for path in paths:
        while sent and (len(sent) >= AT_ONCE or window["high"] - window["low"] < CREDITS):
            yield _receive_descriptor(tree, sent.popleft())
        sent.append(_ask_descriptor(tree, path))
    while sent:
        yield _receive_descriptor(tree, sent.popleft())


def read_descriptor(tree: Any, path: str) -> bytes:
    """Return one file's. Raises: ItemGone, ItemUnreadable, SMBException."""
    found = next(read_descriptors(tree, [path]))
    with _item_errors():
        if isinstance(found, SMBResponseException):
            raise found
    return found


def _ask_descriptor(tree: Any, path: str) -> list[Any]:
    file = Open(tree, path)
    created = file.create(**_how(FilePipePrinterAccessMask.READ_CONTROL, 0), send=False)
    asked = SMB2QueryInfoRequest()
    asked["info_type"] = InfoType.SMB2_0_INFO_SECURITY
    asked["output_buffer_length"] = DESCRIPTOR_BYTES
    asked["additional_information"] = InfoAdditionalInformation.DACL_SECURITY_INFORMATION
    asked["file_id"] = b"\xff" * 16  # that of the request before, as all of them
    closed = file.close(send=False)
    messages = [created[0], asked, closed[0]]
    found = file.connection.send_compound(messages, tree.session.session_id, tree.tree_connect_id, related=True)
    return list(found)


def _receive_descriptor(tree: Any, sent: list[Any]) -> bytes | SMBResponseException:
    failure: SMBResponseException | None = None
    answers: list[Any] = []
    for request in sent:  # each is waited for, also behind a failure
        try:
            answers.append(tree.session.connection.receive(request))
        except SMBResponseException as error:
            failure = failure or error
    if failure is not None:
        return failure
    found = SMB2QueryInfoResponse()
    found.unpack(answers[1]["data"].get_value())
    return bytes(found["buffer"].get_value())


def join(*parts: str) -> str:
    return ntpath.join(*[part for part in parts if part]) if any(parts) else ""


@contextmanager
def _opened(tree: Any, path: str, access: int, options: int) -> Iterator[Any]:
    file = Open(tree, path)
    file.create(**_how(access, options))
    try:
        yield file
    finally:
        with suppress(SMBException):
            file.close()


def _how(access: int, options: int) -> dict[str, int]:
    return {
        "impersonation_level": ImpersonationLevel.Impersonation,
        "desired_access": access,
        "file_attributes": FileAttributes.FILE_ATTRIBUTE_NORMAL,
        "share_access": SHARED,
        "create_disposition": CreateDisposition.FILE_OPEN,
        "create_options": options,
    }


@contextmanager
def _item_errors() -> Iterator[None]:
    try:
        yield
    except GONE as error:
        raise ItemGone(_("It has been deleted in the meantime.")) from error
    except AccessDenied as error:
        raise ItemUnreadable(_("The account may not read it.")) from error
    except SMBResponseException as error:
        reason = " ".join(str(error).split())[:200]
        raise ItemUnreadable(_("The source did not provide it (%(status)s).") % {"status": reason}) from error
