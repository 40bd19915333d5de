"""Where checkpoints and events are sent, as the operator's file says it (`ATTEST_AUDIT_OUTPUTS`, docs/admin/audit-outputs.md)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from audit.outgoing.errors import OutputInvalid

TAKEN: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlace:
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogPlace:
    """RFC 5424 over TLS (RFC 5425)."""

    host: str
    port: int = 6514
    ca_file: str = ""  # empty: the system's authorities
    certificate_file: str = ""  # of this installation, with its key, where the server wants one
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPlace:
    """A POST of JSON lines; any 2xx takes them."""

    url: str
    token_file: str = ""  # whose first line is sent as a bearer
    ca_file: str = ""
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """A bucket with object lock; each checkpoint is an object of its own, which nobody can change until it ends."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key_file: str = field(repr=False)
    region: str = "us-east-1"
    prefix: str = "attest/"
    retain_days: int = 3650
    ca_file: str = ""
    timeout_s: float = 10.0


Place = FilePlace | SyslogPlace | HttpPlace | S3Place
KINDS: dict[str, type[Place]] = {"file": FilePlace, "syslog": SyslogPlace, "http": HttpPlace, "s3": S3Place}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A place, and what it gets when."""

    name: str
    sends: Literal["checkpoints", "events"]
    kind: str
    place: Place
    every_s: float = 300.0  # of checkpoints: so often, where something was recorded
    every_events: int = 1000  # and after so many events
    late_after_s: float = 3600.0  # what waits longer is an alarm
    with_payload: bool = False  # of events: with everything that they hold, questions and answers too


def read_outputs(path: str) -> tuple[Output, ...]:
    """Return the outputs of a file; none where there is no path. Raises: OutputInvalid: a sentence that names what is wrong."""
    if not path:
        return ()
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputInvalid(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise OutputInvalid(f"{path} is no JSON: {error}.") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise OutputInvalid(f"{path} must hold a list of objects, one a place.")
    found = tuple(_output(entry, where=f"{path}, place {number}") for number, entry in enumerate(entries, start=1))
    names = [output.name for output in found]
    if len(set(names)) < len(names):
        raise OutputInvalid(f"{path} has two places of one name.")
    return found


def _output(entry: Mapping[str, Any], *, where: str) -> Output:
    kind = KINDS.get(str(entry.get("kind")))
    if kind is None:
        raise OutputInvalid(f"{where}: kind must be one of {', '.join(KINDS)}.")
    of_place = {one.name for one in fields(kind)}
    of_output = {one.name for one in fields(Output)} - {"place"}
    if unknown := sorted(set(entry) - of_place - of_output):
        raise OutputInvalid(f"{where}: {unknown[0]} means nothing for kind {entry['kind']}.")
    place = _made(kind, {name: value for name, value in entry.items() if name in of_place}, where=where)
    given = {name: value for name, value in entry.items() if name in of_output}
    output: Output = _made(Output, given | {"place": place}, where=where)
    if not NAME.fullmatch(output.name):
        raise OutputInvalid(f"{where}: name must be lower-case letters, digits and hyphens.")
    if output.sends not in ("checkpoints", "events"):
        raise OutputInvalid(f"{where}: sends must be checkpoints or events.")
    if output.sends == "events" and isinstance(place, S3Place):
        raise OutputInvalid(f"{where}: a bucket takes checkpoints; send events to a file, by http or by syslog.")
    for name in ("url", "endpoint"):
        if hasattr(place, name) and not _is_url(getattr(place, name)):
            raise OutputInvalid(f"{where}: {name} must be an address such as https://audit.example/attest.")
    return output


def _made(kind: type[Any], values: Mapping[str, Any], *, where: str) -> Any:
    """Return a value class with these fields, each of the type that it declares."""
    for one in fields(kind):
        if one.name not in values:
            continue
        value, wanted = values[one.name], TAKEN.get(str(getattr(one.type, "__name__", "")), (object,))
        is_wrong = not isinstance(value, wanted) or (one.type is not bool and isinstance(value, bool))
        if is_wrong or (one.type in (int, float) and value <= 0):
            raise OutputInvalid(f"{where}: {one.name} is {value!r}, which it cannot be.")
    try:
        return kind(**values)
    except TypeError as error:
        missing = sorted(one.name for one in fields(kind) if one.name not in values and f"'{one.name}'" in str(error))
        raise OutputInvalid(f"{where}: {missing[0] if missing else 'something'} is missing.") from error


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
