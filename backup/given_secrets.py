"""The passphrase or key file of a command, as its user gives it."""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path

from backup.cipher import KEY_FILE, PASSPHRASE, Secret
from backup.errors import KeyUnusable

MIN_KEY_BYTES = 32
MIN_PASSPHRASE = 12  # characters


def add_secret_arguments(parser: ArgumentParser) -> None:
    """Add --passphrase, --passphrase-file and --key-file, of which one may be given."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--passphrase", action="store_true", help="ask for a passphrase at the terminal")
    group.add_argument("--passphrase-file", type=Path, metavar="FILE", help="a file whose first line is the passphrase")
    group.add_argument("--key-file", type=Path, metavar="FILE", help="a file of at least 32 random bytes, all of which count")


def read_secret(*, passphrase: bool, passphrase_file: Path | None, key_file: Path | None, is_new: bool) -> Secret | None:
    """Return what was given, None where nothing was. Raises: KeyUnusable: it cannot be read, or is too short for a new backup."""
    if key_file is not None:
        value = _read(key_file)
        if len(value) < MIN_KEY_BYTES:
            raise KeyUnusable(f"{key_file} holds {len(value)} bytes; a key file needs {MIN_KEY_BYTES}: openssl rand -out FILE 32")
        return Secret(kind=KEY_FILE, value=value)
    if passphrase_file is not None:
        given = _read(passphrase_file).partition(b"\n")[0].rstrip(b"\r")
    elif passphrase:
        given = _ask(is_new=is_new).encode()
    else:
        return None
    if is_new and len(given.decode(errors="replace")) < MIN_PASSPHRASE:
        raise KeyUnusable(f"The passphrase has fewer than {MIN_PASSPHRASE} characters: choose a longer one.")
    if not given:
        raise KeyUnusable("The passphrase is empty.")
    return Secret(kind=PASSPHRASE, value=given)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be read: {error.strerror}.") from error


def _ask(*, is_new: bool) -> str:
    if not sys.stdin.isatty():
        raise KeyUnusable("There is no terminal to ask for a passphrase: give --passphrase-file FILE.")
    given = getpass.getpass("Passphrase of the backup: ")
    if is_new and getpass.getpass("Once more: ") != given:
        raise KeyUnusable("The two passphrases differ.")
    return given
