"""What every process of Attest makes is its owner's alone: database, originals, index, keys."""

import os


def keep_private() -> None:
    """Have this process, and what it starts, make files and folders that nobody else can read."""
    os.umask(0o077)
