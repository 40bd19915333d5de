"""Read settings from the environment; a bad value stops the start with a sentence that names the variable."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.secret_key import check_secret_key

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


def env_str(name: str, default: str = "", *, choices: tuple[str, ...] = ()) -> str:
    """Return the variable, or `default` where it is unset. Raises: ImproperlyConfigured: not among `choices`."""
    value = os.environ.get(name, default)
    if choices and value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def env_bool(name: str, default: bool) -> bool:
    """Return the variable as a bool. Raises: ImproperlyConfigured: neither a yes nor a no."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0.")


def env_int(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    """Return the variable as an int. Raises: ImproperlyConfigured: not a whole number in the range."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number.") from error
    if number < minimum or (maximum is not None and number > maximum):
        upper = "" if maximum is None else f" and at most {maximum}"
        raise ImproperlyConfigured(f"{name} is {number}; it must be at least {minimum}{upper}.")
    return number


def env_float(name: str, default: float, *, minimum: float = 0.0) -> float:
    """Return the variable as a float. Raises: ImproperlyConfigured: not a number, or below `minimum`."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number.") from error
    if not number >= minimum:
        raise ImproperlyConfigured(f"{name} is {number}; it must be at least {minimum}.")
    return number


def env_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Return the comma-separated variable as a list of trimmed, non-empty strings."""
    value = os.environ.get(name)
    if value is None:
        return list(default)
    return [part.strip() for part in value.split(",") if part.strip()]


def env_secret(name: str, path: Path) -> str:
    """Return the variable, else the secret kept in `path`, which is made at the first start, readable by its owner.

    Created with O_EXCL through a temporary name and a hard link, so that web, worker and beat starting together agree
    on one secret.
    """
    value = os.environ.get(name, "").strip()
    if value:
        return check_secret_key(value, place=name)
    try:
        if not path.exists():
            _make_secret(path)
        secret = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be used: {error.strerror}. Choose a folder with ATTEST_HOME=PATH.") from error
    if not secret:
        raise ImproperlyConfigured(f"{path} is empty; delete it or set {name}.")
    return check_secret_key(secret, place=str(path))


def _make_secret(path: Path) -> None:
    """Write a new secret, unless another process is faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_urlsafe(48))
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first; its secret is the one
    finally:
        temporary.unlink()
