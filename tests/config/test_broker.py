"""The embedded broker under several writers and readers at once."""

import multiprocessing
from contextlib import suppress
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Empty

from kombu import Connection

from bench.harness.patience import PATIENCE_S
from config.broker import WAITING, Channel
from config.celery import app

MESSAGES = 300


def connect(folder: Path) -> Connection:
    for name in ("queue", "control"):
        (folder / name).mkdir(exist_ok=True)
    options: dict[str, object] = {"data_folder_in": str(folder / "queue"), "data_folder_out": str(folder / "queue")}
    options |= {"control_folder": str(folder / "control"), "store_processed": False}
    return Connection("filesystem://", transport="config.broker:Transport", transport_options=options)


def write(folder: Path, start: int) -> None:
    with connect(folder) as connection, connection.SimpleQueue("notices") as queue:
        for number in range(start, start + MESSAGES):
            queue.put(number)


def read(folder: Path, found: "multiprocessing.Queue[list[int]]", all_written: Event) -> None:
    numbers = []
    with connect(folder) as connection, connection.SimpleQueue("notices") as queue:
        while True:
            is_last_look = all_written.is_set()
            try:
                message = queue.get(timeout=0.2)
            except Empty:
                if is_last_look:
                    break
                continue
            numbers.append(message.payload)
            message.ack()
    found.put(numbers)


def test_readers_meet_every_message_once_and_never_half_of_one(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    found, all_written = context.Queue(), context.Event()
    readers = [context.Process(target=read, args=(tmp_path, found, all_written)) for _ in range(2)]
    writers = [context.Process(target=write, args=(tmp_path, start)) for start in (0, MESSAGES)]
    try:
        for process in (*readers, *writers):
            process.start()
        for writer in writers:
            writer.join(timeout=PATIENCE_S)
        all_written.set()
        numbers = sorted(number for _ in readers for number in found.get(timeout=PATIENCE_S))
        for process in (*readers, *writers):
            process.join(timeout=PATIENCE_S)
            assert process.exitcode == 0
    finally:
        for process in (*readers, *writers):
            process.kill()
    assert numbers == list(range(2 * MESSAGES))


def test_a_message_cut_off_by_a_full_disk_is_dropped_and_the_next_one_read(tmp_path: Path) -> None:
    with connect(tmp_path) as connection, connection.SimpleQueue("notices") as queue:
        (tmp_path / "queue" / "-cut.notices.msg").write_text('{"body": ')  # sorts first
        queue.put("a notice")
        message = queue.get_nowait()
        assert message.payload == "a notice"
        message.ack()
    assert list((tmp_path / "queue").iterdir()) == []


def test_rings_that_nobody_answers_yet_do_not_pile_up_and_the_newest_stay(tmp_path: Path) -> None:
    # Of a name of its own: kombu binds a queue once in a process, wherever its folder is.
    with connect(tmp_path) as connection, connection.SimpleQueue("others") as queue:
        queue.put("another's", headers={"task": "ingest.tasks.sweep"})
        for number in range(5 * WAITING):
            queue.put(number, headers={"task": "ingest.tasks.work"})
        taken = []
        with suppress(Empty):
            while True:
                message = queue.get_nowait()
                taken.append(message.payload)
                message.ack()
    assert taken == ["another's", *range(4 * WAITING, 5 * WAITING)]


def test_the_installation_uses_it() -> None:
    with app.connection_for_write() as connection:
        assert isinstance(connection.default_channel, Channel)
