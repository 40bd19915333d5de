"""Commands in processes of their own, made by a fork of a server that has imported the large libraries already.

A command differs from one that a shell starts in nothing but that: it has its own environment, working folder, streams and
exit code, and may be killed. Each is four to ten seconds of a processor cheaper.
"""

import atexit
import io
import multiprocessing
import os
import runpy
import sys
import tempfile
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from types import TracebackType
from typing import Self

from django.conf import settings

# None that reads Django's settings when it is imported: those are the command's own. The last one loads a dictionary.
LIBRARIES = (
    "celery", "cryptography.fernet", "django.core.management", "django.db.models", "django.forms", "django.template", "faiss",
    "httpx", "langchain_core.callbacks.manager", "langchain_core.prompts.chat", "langchain_text_splitters",
    "numpy", "phonenumbers", "psycopg", "pydantic", "scipy.sparse", "sentence_transformers", "torch",
    "transformers", "language.names", "retrieval.encoding.forward", "retrieval.encoding.packed.weights", "retrieval.search",
    "tests.words_loaded",
)  # fmt: skip


class ForkedCommand:
    """A running command: `manage.py …`, `-m module …` or `-c code`."""

    def __init__(self, *arguments: str, environment: dict[str, str], folder: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*LIBRARIES, __name__])
        self.arguments = arguments
        self.streams = tempfile.TemporaryDirectory(prefix="attest-command-")
        self.out, self.errors = Path(self.streams.name, "out"), Path(self.streams.name, "errors")
        self.process: ForkServerProcess = context.Process(
            target=do, args=(arguments, environment, str(folder), str(self.out), str(self.errors)), daemon=False
        )
        self.process.start()

    def wait(self, timeout_s: float) -> CompletedProcess[str]:
        """Return its exit code and what it printed. Raises TimeoutExpired."""
        self.process.join(timeout_s)
        if self.process.exitcode is None:
            raise TimeoutExpired(self.arguments, timeout_s, self.out.read_bytes(), self.errors.read_bytes())
        return CompletedProcess(self.arguments, self.process.exitcode, self.out.read_text(), self.errors.read_text())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.join()
        self.process.close()
        self.streams.cleanup()


def do(arguments: tuple[str, ...], environment: dict[str, str], folder: str, out: str, errors: str) -> None:
    """Become the command."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, folder)
    assert not settings.configured
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for number, path in ((1, out), (2, errors)):
        with Path(path).open("wb") as stream:
            os.dup2(stream.fileno(), number)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8", line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), encoding="utf-8", line_buffering=True)
    try:
        if arguments[0] == "-m":
            sys.argv = list(arguments[1:])
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        elif arguments[0] == "-c":
            sys.argv = list(arguments[1:])
            exec(arguments[1], {"__name__": "__main__"})  # noqa: S102
        else:
            sys.argv = list(arguments)
            runpy.run_path(arguments[0], run_name="__main__")
    finally:
        atexit._run_exitfuncs()
