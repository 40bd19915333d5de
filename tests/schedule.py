"""Which files begin first, and which run in one process, where several processes share the tests."""

from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parents[1]

# Files that share what takes long to start: a model server, an installation with its demo, with long words, with nothing.
# They follow each other in one process, so that it is started once.
TOGETHER = {
    "vllm": ("tests/browser/test_model.py", "tests/gateway/test_vllm.py"),
    "demo": tuple(
        f"tests/browser/test_{name}.py"
        for name in ("auditors_day", "focus", "hands", "kept_words", "moments", "passkeys", "resume", "story", "widget")
    ),
    "front door": tuple(
        f"tests/front_door/test_{name}.py" for name in ("as_printed", "conversation_files", "front_door", "share", "uploads")
    ),
    "gallery": (
        "tests/browser/test_accessibility.py",
        "tests/browser/test_desk.py",
        "tests/browser/test_print.py",
        "tests/browser/test_unbroken_text.py",
    ),
}
GROUPS = {file: name for name, files in TOGETHER.items() for file in files}

# Folders and files whose tests start servers and processes, and take minutes: begun last, one of them would run alone at the end.
SLOW = (
    "tests/backup/test_restore.py",
    "tests/services",
    "tests/browser",
    "tests/backup",
    "tests/front_door",
    "tests/evals/test_everyday.py",
    "tests/permissions/test_existence.py",
    "tests/evals/test_evaluate.py",
    "tests/setup",
    "tests/retrieval/test_remote.py",
    "tests/permissions",
    "tests/gateway",
    "tests/retrieval",
    "tests/ingest",
)


def group_of(file: str) -> str:
    """Return the group of a file; a file that shares nothing is a group of its own."""
    return GROUPS.get(file, file)


def rank(file: str) -> int:
    """Return where a file's group stands in SLOW, by its first file there; behind all of them where it does not."""
    files = TOGETHER.get(group_of(file), (file,))
    return next((place for place, slow in enumerate(SLOW) if any(Path(one).is_relative_to(slow) for one in files)), len(SLOW))


def sort(items: list[pytest.Item]) -> None:
    """Put what takes longest first, and the files of one group behind each other."""
    keys = {}
    for path in {item.path for item in items}:
        file = path.relative_to(ROOT).as_posix()
        keys[path] = (rank(file), group_of(file))
    items.sort(key=lambda item: keys[item.path])


class Scheduling(LoadFileScheduling):
    """Gives a process one group after another."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(super()._split_scope(nodeid))
