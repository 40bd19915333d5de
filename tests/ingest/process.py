"""Processes of an installation, for tests that kill them: `python -m tests.ingest.process`.

It prepares itself once, and makes each process by a fork: that takes milliseconds. It reads requests from its input, a line of JSON
each, and answers in the same way: {"do": [command, …], "out": path} starts one → {"pid"}; {"wait": pid} → {"code"}. What a command
of tests.ingest.commands returns is at `out`, what it says of errors beside it.
"""

import json
import os
import sys
import traceback
from pathlib import Path

import django


def main() -> None:
    django.setup()
    from tests.ingest.commands import COMMANDS

    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            answer = {"code": os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])}
        else:
            name, *arguments = request["do"]
            answer = {"pid": start(COMMANDS[name], arguments, out=Path(request["out"]))}
        print(json.dumps(answer), flush=True)


def start(command, arguments: list[str], *, out: Path) -> int:
    """Fork a process that does the command. Returns: its id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        out.write_text(json.dumps(command(*arguments)))
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the edge of this process
        out.with_suffix(".errors").write_text(traceback.format_exc())
        os._exit(1)


if __name__ == "__main__":
    main()
