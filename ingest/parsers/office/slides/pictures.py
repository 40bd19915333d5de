"""Pictures of a slide: those that stand on it, and those that fill its shapes, cells and ground."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from ingest.parsers.office.word.names import MC, A, R

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
# Pictures of their own, what stands for a program's object, pictures before items of a list, what older programs draw.
NOT_FILLS = frozenset((f"{P}pic", f"{P}oleObj", f"{A}buBlip", f"{MC}Fallback"))


def fills_of(slide: Any) -> Iterator[etree._Element]:
    """Yield what fills shapes, cells of tables and the ground of a slide with a picture, without what is hidden."""
    for fill in slide._element.iter(f"{A}blipFill"):
        above = list(fill.iterancestors())
        if not any(one.tag in NOT_FILLS for one in above) and not any(map(says_hidden, above)):
            yield fill


def picture_of(part: Any, element: etree._Element) -> bytes:
    """Return the picture that an element holds, b"" where the file lacks it or has it elsewhere."""
    blip = next(element.iter(f"{A}blip"), None)
    relation = part.rels.get(blip.get(f"{R}embed", "")) if blip is not None else None
    return relation.target_part.blob if relation is not None and not relation.is_external else b""


def says_hidden(element: etree._Element) -> bool:
    """Tell whether a shape or group itself says that it does not show."""
    named = next((name for child in element.iterchildren() for name in child.iterchildren("{*}cNvPr")), None)
    return named is not None and named.get("hidden") in ("1", "true")
