import os
import socket
import time

import pytest

from kb.sandbox.parent import ChildCrashed, ChildLimited, Limits, run_child

MODULE = "tests.ingest.naughty_child"
SMALL = Limits(memory_bytes=512 << 20, cpu_s=1, wall_s=20, idle_s=20, output_bytes=1 << 20)


def messages(what, limits=SMALL, **request):
    return [head for head, _ in run_child(MODULE, {"what": what, **request}, limits=limits)]


def test_messages_come_through_whatever_the_child_prints():
    assert [list(head) for head in messages("print")] == [["started"]]


def test_what_a_child_complains_of_is_logged_with_its_end(caplog):
    assert [list(head) for head in messages("complain")] == [["started"]]

    (record,) = [record for record in caplog.records if record.name == "kb.sandbox.complaints"]
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith(f"{MODULE} wrote to standard error: xxx")
    assert record.getMessage().endswith("the model does not fit")
    assert len(record.getMessage()) < 2200


def test_a_silent_child_is_ended_with_everything_it_started():
    stream = run_child(MODULE, {"what": "sleep"}, limits=Limits(idle_s=0.5))
    head, _ = next(stream)
    started = time.monotonic()
    with pytest.raises(ChildLimited) as limited:
        next(stream)

    assert limited.value.limit == "time"
    assert time.monotonic() - started < 30  # it would sleep for a minute
    with pytest.raises(ProcessLookupError):
        os.kill(head["started"], 0)


def test_a_child_ends_with_its_reader():
    stream = run_child(MODULE, {"what": "sleep"}, limits=SMALL)
    head, _ = next(stream)
    stream.close()

    with pytest.raises(ProcessLookupError):
        os.kill(head["started"], 0)


def test_cpu_time_is_limited():
    with pytest.raises(ChildLimited) as limited:
        messages("spin")
    assert limited.value.limit == "CPU time"


def test_memory_is_limited():
    assert {"refused": "memory"} in messages("swell")


def test_output_is_limited():
    with pytest.raises(ChildLimited) as limited:
        messages("flood")
    assert limited.value.limit == "output"


def test_a_crash_is_the_files_fault():
    with pytest.raises(ChildCrashed):
        messages("crash")


def test_the_child_has_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = messages("connect", port=server.getsockname()[1])
    assert found[1]["connected"] is False
