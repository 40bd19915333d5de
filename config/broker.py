"""The embedded broker: kombu's filesystem transport, with every file put in place whole.

kombu 5.7 makes a message's file first and writes it afterwards, and a worker that looks in between takes the empty file away
and ends with a JSONDecodeError; with the supervisor that is the end of everything. The same holds for the table of an exchange.
It also moves each message to the system's temporary folder first, where those of killed workers stay, and keeps every message
until a worker comes to it: uploads would fill the folder while the workers are busy with what they say.
"""

import contextlib
import logging
import os
import re
import uuid
from pathlib import Path
from queue import Empty
from time import monotonic_ns
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

logger = logging.getLogger(__name__)
WAITING = 16  # messages of one task; they only say "look", so that the newest say all that the older ones said


class Channel(filesystem.Channel):
    """A channel whose readers never meet half a file, and whose folder does not fill up while the workers are busy."""

    def _put(self, queue: str, payload: dict[str, Any], **_: object) -> None:  # type: ignore[override]  # kombu's own differs too
        task = re.sub(r"\W", "-", str(payload.get("headers", {}).get("task", "")))
        name = f"{monotonic_ns():020}_{uuid.uuid4()}_{task}.{queue}.msg"
        folder = Path(self.data_folder_out)
        # A name without the queue's ending is nobody's message.
        temporary = folder / f"{name}.part"
        try:
            temporary.write_text(dumps(payload))
            temporary.replace(folder / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise ChannelError(f"Cannot add a message to {folder}: {error.strerror}") from error
        for older in sorted(folder.glob(f"*_{task}.{queue}.msg"))[:-WAITING] if task else ():
            older.unlink(missing_ok=True)

    def _get(self, queue: str) -> dict[str, Any]:  # type: ignore[override]  # as above
        """Take the oldest message: it belongs to whoever removes its file, so that nothing is moved and nothing is left behind."""
        folder = Path(self.data_folder_in)
        for message in sorted(path for path in folder.iterdir() if path.name.partition(".")[2] == f"{queue}.msg"):
            try:
                payload = message.read_bytes()
                message.unlink()
            except FileNotFoundError:
                continue  # another worker was faster
            except OSError as error:
                raise ChannelError(f"Cannot take a message from {folder}: {error.strerror}") from error
            try:
                body: dict[str, Any] = loads(payload)
                return body
            except ValueError as error:
                # Cut off by a full disk or a lost machine. It only notified a worker; the sweeper notifies again.
                logger.warning("an unreadable message was dropped: %s", error)
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # missing in its stub
        if not file.exists():
            self.control_folder.mkdir(exist_ok=True)
            temporary = file.with_name(f"{uuid.uuid4()}.part")
            temporary.write_text(dumps([(routing_key or "", pattern or "", queue or "")]))
            with contextlib.suppress(FileExistsError):  # another process was first: ours is added below
                os.link(temporary, file)
            temporary.unlink()
        super()._queue_bind(exchange, routing_key, pattern, queue)


class Transport(filesystem.Transport):
    """What `broker_transport` names."""

    Channel = Channel
