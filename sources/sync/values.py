"""The values of a source that people may set: the one list behind its form, REST's schemas and the audit's payloads."""

from typing import Annotated, Any, TypedDict
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.editable import Mark, check_row, check_values, readable_names
from accounts.errors import ValuesRefused
from sources.connectors.errors import ConnectorError
from sources.connectors.port import Manifest, Setting
from sources.connectors.registry import find_kind
from sources.sync.models import Source
from sources.sync.opening import seal_secrets, secrets_of

MAX_VALUE = 2000  # characters of a setting
MAX_SECRET = 8000  # a key in a file, such as Google's, has some 2400


class DocumentSourceValues(TypedDict, total=False):
    """`secrets`: newly typed; empty ones keep what is stored. `secret_variables`: NAME of ATTEST_SOURCE_SECRET_NAME, instead."""

    name: Annotated[str, Mark.ONCE, "the first part of its documents' names"]
    kind: Annotated[str, Mark.ONCE, "folder, smb, webdav …: those of GET /source-kinds"]
    options: Annotated[dict[str, str], "the settings of its kind, without secrets"]
    secrets: Annotated[dict[str, str], Mark.WRITE_ONLY, "secret settings; empty ones keep what is stored"]
    secret_variables: Annotated[dict[str, str], "secret settings by NAME of a variable ATTEST_SOURCE_SECRET_NAME"]
    interval_minutes: Annotated[int, "0, 5, 15, 60, 360 or 1440; 0: by hand alone"]
    max_kilobytes_per_s: int | None
    hours_from: Annotated[int | None, "0 to 23: runs begin and go on from this hour on …"]
    hours_to: Annotated[int | None, "… and before this one; both or neither"]


def serialize_values(source: Source) -> dict[str, Any]:
    """Return every readable value, and where it is."""
    return {name: getattr(source, name) for name in readable_names(DocumentSourceValues)} | {"place": source.place}


def clean_values(source: Source, values: dict[str, Any]) -> None:
    """Write the values into the row, unsaved, and see whether its kind can be opened with them; nothing connects.

    Raises: ValuesRefused.
    """
    is_new = source.pk is None
    check_values(DocumentSourceValues, values, is_new=is_new)
    given = {name: value for name, value in values.items() if name not in ("options", "secrets", "secret_variables")}
    if "name" in given:
        given["name"] = " ".join(given["name"].split())
    for name, value in ({"name": "", "kind": ""} | given if is_new else given).items():
        setattr(source, name, value)
    manifest = find_kind(source.kind)
    if manifest is None:
        raise ValuesRefused({"kind": [_("There is no such kind of source here.")]})
    if (source.hours_from is None) != (source.hours_to is None):
        raise ValuesRefused({"hours_to": [_("Enter both hours, or neither.")]})
    for name in ("hours_from", "hours_to"):
        if getattr(source, name) is not None and not 0 <= getattr(source, name) <= 23:
            raise ValuesRefused({name: [_("Enter an hour from 0 to 23.")]})
    if source.hours_from is not None and source.hours_from == source.hours_to:
        raise ValuesRefused({"hours_to": [_("Enter two different hours.")]})
    if source.max_kilobytes_per_s is not None and not 1 <= source.max_kilobytes_per_s < 2**31:
        raise ValuesRefused({"max_kilobytes_per_s": [_("Enter at least 1 kilobyte per second, or leave this empty.")]})
    if "/" in source.name or "›" in source.name:
        raise ValuesRefused({"name": [_("Enter a name without “/” and “›”.")]})
    check_row(source, names=given.keys() | ({"name", "kind"} if is_new else set()))
    same_name = Source.objects.filter(collection=source.collection, name=source.name, removed_at=None).exclude(pk=source.pk)
    if same_name.exists():
        raise ValuesRefused({"name": [_("This collection already has a source with this name.")]})
    _take_settings(source, manifest, values)
    _try_opening(source, manifest)


def _take_settings(source: Source, manifest: Manifest, values: dict[str, Any]) -> None:
    plain = {one.name: one for one in manifest.settings if not one.secret}
    secret = {one.name: one for one in manifest.settings if one.secret}
    problems: dict[str, list[str]] = {}
    options = source.options | {name: value.strip() for name, value in values.get("options", {}).items()}
    for name in options.keys() - plain.keys():
        problems[f"options.{name}"] = [_("There is no such field.")]
    for name, one in plain.items():
        options.setdefault(name, one.default)
        if problem := _problem(one, options[name]):
            problems[f"options.{name}"] = [problem]
    variables = {**source.secret_variables, **values.get("secret_variables", {})}
    typed = {name: value.strip() for name, value in values.get("secrets", {}).items() if value.strip()}
    variables = {name: value for name, value in variables.items() if value and name not in typed}
    for name in (typed.keys() | variables.keys()) - secret.keys():
        problems[f"secrets.{name}"] = [_("There is no such field.")]
    for name, variable in variables.items():
        if variable not in settings.SOURCE_SECRETS:
            problems[f"secret_variables.{name}"] = [_("There is no such variable.")]
    stored = _stored_secrets(source) if source.sealed_secrets else {}
    kept = {name: value for name, value in {**stored, **typed}.items() if name not in variables}
    for name, one in secret.items():
        if one.required and name not in kept and name not in variables:
            problems[f"secrets.{name}"] = [_("Enter a value.")]
        elif len(kept.get(name, "")) > MAX_SECRET:
            problems[f"secrets.{name}"] = [_("Enter at most %(count)d characters.") % {"count": MAX_SECRET}]
    if problems:
        raise ValuesRefused(problems)
    source.options, source.secret_variables = options, variables
    if typed or kept != stored:
        source.sealed_secrets = seal_secrets(kept)
    source.place = _place_of(manifest, options)[:300]


def _stored_secrets(source: Source) -> dict[str, str]:
    """Return what is sealed; nothing where it cannot be opened any more, so that it has to be entered again."""
    try:
        return secrets_of(Source(sealed_secrets=source.sealed_secrets))
    except ConnectorError:
        return {}


def _problem(one: Setting, value: str) -> str:
    """Return what is wrong with a value; "" for nothing."""
    if not value:
        return _("Enter a value.") if one.required else ""
    if len(value) > MAX_VALUE:
        return _("Enter at most %(count)d characters.") % {"count": MAX_VALUE}
    if one.kind == "number" and not (value.isascii() and value.isdecimal() and len(value) < 10):
        return _("Enter a whole number.")
    if one.kind == "yes_no" and value not in ("yes", "no"):
        return _("Enter yes or no.")
    if one.kind == "choice" and value not in dict(one.choices):
        return _("Choose one of the values.")
    return ""


def _place_of(manifest: Manifest, options: dict[str, str]) -> str:
    """Return where the source is, for people: its first setting, without user and password."""
    first = next((options[one.name] for one in manifest.settings if not one.secret and options.get(one.name)), "")
    parts = urlsplit(first) if "://" in first else None
    if parts is None or not parts.netloc:
        return first
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _try_opening(source: Source, manifest: Manifest) -> None:
    try:
        manifest.open(source.options, secrets_of(source)).close()
    except ConnectorError as error:
        raise ValuesRefused({"": [error.message]}) from error
