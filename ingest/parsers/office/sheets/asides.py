"""What hangs on the cells of a sheet and stands in other parts of the workbook: notes, comments, targets of links."""

import html
import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from openpyxl.utils.cell import coordinate_to_tuple

from ingest.parsers.office.sheets.reader import Place

LINK = re.compile(rb"<(?:\w+:)?hyperlink\b([^>]*)>")
ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
LINK_FORMULA = re.compile(r'=HYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)
THREADED_STUB = "[Threaded comment]"
TEXTS = frozenset(("t", "text"))
MAX_PART_BYTES = 32 << 20
MAX_ASIDES = 100_000


@dataclass(slots=True)
class Asides:
    """Of one sheet, by cell. `notes`: as written, in their order; `links`: addresses outside of the workbook."""

    notes: dict[Place, list[str]] = field(default_factory=dict)
    links: dict[Place, str] = field(default_factory=dict)


def read_asides(archive: zipfile.ZipFile, path: str, tail: bytes) -> Asides:
    """Return the notes and links of a sheet. `tail`: what stands after its rows. Raises: OSError, etree.XMLSyntaxError."""
    path = path.lstrip("/")
    asides = Asides()
    folder, name = posixpath.split(path)
    relations = read_relations(archive, f"{folder}/_rels/{name}.rels")
    targets = {key: target for key, kind, target in relations if kind == "hyperlink"}
    for match in list(LINK.finditer(tail))[:MAX_ASIDES]:
        found = {key.decode(): html.unescape((a or b).decode("utf-8", "replace")) for key, a, b in ATTRIBUTE.findall(match[1])}
        address = next((targets[value] for key, value in found.items() if key.endswith(":id") and value in targets), "")
        place = _place(found.get("ref", "").partition(":")[0])
        if place and (address := shown_address(address)):
            asides.links[place] = address
    for kind in ("threadedComment", "comments"):
        for _, found_kind, target in relations:
            if found_kind == kind:
                _read_notes(archive, posixpath.normpath(posixpath.join(folder, target)), asides)
    return asides


def shown_address(target: str) -> str:
    """Return an address as people write it; "" for what leads nowhere outside of the file."""
    if target.lower().startswith("mailto:"):
        return target[7:].partition("?")[0]
    return target if re.match(r"(?:https?|ftp|tel|file)://?\S|tel:\S|www\.\S", target, re.IGNORECASE) else ""


def address_of(formula: str) -> str:
    """Return the address in a formula =HYPERLINK("…"), "" where it is put together."""
    match = LINK_FORMULA.match(formula)
    return shown_address(match[1].replace('""', '"')) if match else ""


def read_relations(archive: zipfile.ZipFile, path: str) -> list[tuple[str, str, str]]:
    """Return the relations of a part by the path of their list: name, kind, target. Raises: etree.XMLSyntaxError."""
    root = parse_part(archive, path)
    found = [] if root is None else [row for row in root if isinstance(row.tag, str)]
    return [(row.get("Id", ""), row.get("Type", "").rpartition("/")[2], row.get("Target", "").lstrip()) for row in found]


def _read_notes(archive: zipfile.ZipFile, path: str, asides: Asides) -> None:
    root = parse_part(archive, path)
    if root is None:
        return
    is_threaded = etree.QName(root).localname == "ThreadedComments"
    for row in root.iter("{*}threadedComment" if is_threaded else "{*}comment"):
        text = "".join(_texts(row)).strip()
        place = _place(row.get("ref", ""))
        # A threaded comment has a copy in the older form, which says so before it repeats the text.
        is_copy = not is_threaded and text.startswith(THREADED_STUB) and place in asides.notes
        if place and text and not is_copy and len(asides.notes) < MAX_ASIDES:
            author = _author(root, row)
            asides.notes.setdefault(place, []).append(text.removeprefix(f"{author}:").strip() if author else text)


def _author(root: Any, row: Any) -> str:
    """Return who wrote a note; Excel puts the name before the text, too."""
    authors = [author.text or "" for author in root.iter("{*}author")]
    number = row.get("authorId", "")
    return authors[int(number)] if number.isdigit() and int(number) < len(authors) else ""


def _texts(row: Any) -> list[str]:
    """Return the stretches of a note's text; phonetic guides are no text of it."""
    found = []
    for element in row.iter():
        if not isinstance(element.tag, str) or etree.QName(element).localname not in TEXTS:
            continue
        above = element.getparent()
        if above is None or etree.QName(above).localname != "rPh":
            found.append(element.text or "")
    return found


def parse_part(archive: zipfile.ZipFile, path: str) -> Any:
    """Return the root of a part, None where there is none. Raises: etree.XMLSyntaxError."""
    try:
        info = archive.getinfo(path.lstrip("/"))
    except KeyError:
        return None
    if info.file_size > MAX_PART_BYTES:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(archive.read(info), parser)


def _place(reference: str) -> Place | None:
    try:
        return coordinate_to_tuple(reference.replace("$", ""))
    except ValueError:
        return None
