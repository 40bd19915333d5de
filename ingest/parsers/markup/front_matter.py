"""What stands above a Markdown file's text: YAML between "---" or TOML between "+++", as lines that can be read and cited."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

MAX_FRONT = 64 * 1024  # characters
BLOCK = re.compile(r"\A\ufeff?(?P<mark>---|\+\+\+)[ \t]*\n(?P<body>.*?)^(?P=mark)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
KEY = re.compile(r"^(?P<indent> *)(?P<key>[^\s#:\-\[\]{}'\"][^:#\n]*?|'[^'\n]+'|\"[^\"\n]+\")\s*:(?:\s+(?P<value>\S.*?))?\s*$")
ITEM = re.compile(r"^ *- +(?P<value>\S.*?)\s*$")
DECLARATION = re.compile(r"^[A-Za-z_]\w*:\s*\S")
COMMENT = re.compile(r"\s+#.*$")
# How a site shows the page, not what it says.
OF_THE_SITE_LIST = (
    "title layout permalink slug url aliases alias weight order nav_order nav_title nav_exclude parent has_children "
    "has_toc toc template image images cover thumbnail icon lang language sitemap robots cascade menu css js math "
    "comments uuid tags categories search_exclude sidebar_label sidebar_position hide_title output "
)
OF_THE_SITE = frozenset(OF_THE_SITE_LIST.split())
SITE_PREFIXES = ("redirect", "cspell", "step_indicator", "sidebar", "nav_", "og_", "seo_", "hide_", "meta_")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """`title`: of the document, "" where none is declared. `lines`: what it says of itself. `declared`: all, as it stands."""

    title: str = ""
    lines: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()


def split_front_matter(source: str) -> tuple[FrontMatter | None, str]:
    """Return what a file declares, None where it declares nothing, and the rest of its text."""
    match = BLOCK.match(source[: 2 * MAX_FRONT])
    if match is None:
        return None, source
    body = match["body"]
    try:
        pairs = list(_toml(body) if match["mark"] == "+++" else _yaml(body))
    except tomllib.TOMLDecodeError:
        pairs = list(_yaml(body.replace(" = ", ": ")))
    if body.strip() and not pairs:
        return None, source  # a rule above ordinary text
    titles = [value for key, value in pairs if key.lower() == "title" and value]
    lines = tuple(
        f"{_readable(key)}: {value}" for key, value in pairs if value and not _is_of_the_site(key) and not _is_denied(key, value)
    )
    declared = tuple(line for line in body.splitlines() if DECLARATION.match(line))
    return FrontMatter(title=titles[0] if titles else "", lines=lines, declared=declared), source[match.end() :]


def _is_of_the_site(key: str) -> bool:
    name = re.sub(r"[\s-]", "_", key.strip().lower())
    return name in OF_THE_SITE or name.startswith(SITE_PREFIXES)


def _is_denied(key: str, value: str) -> bool:
    """True for "draft: false": a document that is none says nothing by it."""
    return key.strip().lower() == "draft" and value.strip().lower() in ("false", "no", "0")


def _readable(key: str) -> str:
    """last_reviewed → Last reviewed; validUntil → Valid until."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]", " ", key.strip()).split()
    text = " ".join(word if word.isupper() else word.lower() for word in words)
    return text[:1].upper() + text[1:]


def _yaml(body: str) -> Iterator[tuple[str, str]]:
    """Yield keys and values as they are written: "2026-02-11" stays what it is. Values below a key are joined to it."""
    parents: list[tuple[int, str]] = []
    key = ""
    values: list[str] = []
    for line in body.splitlines():
        match, item = KEY.match(line), ITEM.match(line)
        if match is None and not line.strip():
            continue
        if match is not None and item is None:
            if key:
                yield key, ", ".join(values)
            indent = len(match["indent"])
            parents = [parent for parent in parents if parent[0] < indent]
            parents.append((indent, match["key"].strip("'\"")))
            key, values = " ".join(name for _, name in parents), []
            value = _plain(match["value"] or "")
            values += [value] if value and value not in ("|", ">", "|-", ">-") else []
        elif item is not None or line.startswith((" ", "\t")):
            values.append(_plain(item["value"] if item else line.strip()))
    if key:
        yield key, ", ".join(values)


def _plain(value: str) -> str:
    """Return a value without quotation marks, brackets or a comment."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    value = COMMENT.sub("", value)
    if value.startswith("[") and value.endswith("]"):
        return ", ".join(part.strip().strip("'\"") for part in value[1:-1].split(",") if part.strip())
    return value


def _toml(body: str) -> Iterator[tuple[str, str]]:
    yield from _flattened(tomllib.loads(body), "")


def _flattened(table: dict[str, object], path: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = f"{path} {key}".strip()
        if isinstance(value, dict):
            yield from _flattened(value, name)
        elif isinstance(value, list):
            yield name, ", ".join(str(one) for one in value if not isinstance(one, dict))
        else:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)
