"""Title and text of a row by templates: a column's name in braces, nothing else. No code, no attributes, no formats."""

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from sources.errors import SourceFault

PART = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
MAX_TITLE = 300


def columns_named(template: str) -> list[str]:
    """Return the columns that a template names, in order. Raises: SourceFault: bad_template."""
    names = []
    for match in PART.finditer(template):
        if match.group() in "{}" or match.group(1) == "":
            raise SourceFault("bad_template", _around(template, match.start()))
        if match.group(1) is not None:
            names.append(match.group(1).strip())
    return names


def check_columns(template: str, columns: Sequence[str]) -> None:
    """Raises: SourceFault: bad_template, unknown_column."""
    unknown = [name for name in columns_named(template) if name not in columns]
    if unknown:
        raise SourceFault("unknown_column", unknown[0])


def word_title(template: str, row: Mapping[str, object]) -> str:
    """Return a row's title on one line, at most MAX_TITLE characters."""
    return " ".join(_fill(template, row)[0].split())[:MAX_TITLE]


def word_text(template: str, row: Mapping[str, object]) -> str:
    """Return a row's text. A line whose columns are all empty is left out; without a template, each column is a line."""
    if not template.strip():
        lines = [f"{name}: {shown}" for name, value in row.items() if (shown := show_value(value))]
        return "\n".join(lines)
    lines = []
    for line in template.splitlines():
        text, has_columns, has_values = _fill(line, row)
        if has_values or not has_columns:
            lines.append(text.rstrip())
    return "\n".join(lines).strip()


def _fill(template: str, row: Mapping[str, object]) -> tuple[str, bool, bool]:
    has_columns = has_values = False

    def put(match: re.Match[str]) -> str:
        nonlocal has_columns, has_values
        if match.group(1) is None:
            return match.group()[0]
        has_columns = True
        shown = show_value(row[match.group(1).strip()])
        has_values = has_values or bool(shown)
        return shown

    return PART.sub(put, template), has_columns, has_values


def _around(template: str, position: int) -> str:
    return template[max(0, position - 10) : position + 20].strip()


def show_value(value: object) -> str:
    """Return a value as a person would write it; nothing for NULL and for bytes."""
    if value is None or isinstance(value, bytes | bytearray | memoryview):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value).strip()
