"""Read the answer to a PROPFIND as it comes: one entry at a time, however many a folder holds."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _
from lxml import etree

from sources.connectors.errors import SourceAway
from sources.connectors.port import Principal

DAV, OC, NC = "{DAV:}", "{http://owncloud.org/ns}", "{http://nextcloud.org/ns}"
ASKED = b"""<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop>
<d:resourcetype/><d:getetag/><d:getlastmodified/><d:getcontentlength/><d:getcontenttype/>
<oc:fileid/><oc:owner-id/><oc:owner-display-name/><nc:sharees/>
</d:prop></d:propfind>"""
PEOPLE, GROUPS, MAIL = ("0",), ("1",), ("4",)  # Nextcloud's IShare types; links and other servers' accounts are nobody here


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or folder. `path`: decoded, without the slash at its end. `owner` None: the server tells no owner."""

    path: str
    is_folder: bool
    etag: str
    modified: datetime | None
    size: int | None
    media_type: str
    file_id: str
    owner: Principal | None
    sharees: frozenset[Principal]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def read_entries(chunks: Iterable[bytes]) -> Generator[Entry, None, None]:
    """Raises: SourceAway: it is no answer of WebDAV."""
    parser = etree.XMLPullParser(("end",), tag=f"{DAV}response", resolve_entities=False, no_network=True)
    try:
        for chunk in chunks:
            parser.feed(chunk)
            yield from _read(parser)
        parser.close()
        yield from _read(parser)
    except etree.XMLSyntaxError as error:
        raise SourceAway(_("The server did not respond as WebDAV should. Check the address.")) from error


def _read(parser: "etree.XMLPullParser[etree._Element]") -> Iterator[Entry]:
    for _event, response in parser.read_events():
        entry = _entry(response)
        response.clear()
        parent = response.getparent()
        if parent is not None:
            parent.remove(response)  # else the empty elements pile up
        if entry is not None:
            yield entry


def _entry(response: etree._Element) -> Entry | None:
    href = (response.findtext(f"{DAV}href") or "").strip()
    found = [
        prop
        for status in response.findall(f"{DAV}propstat")
        if " 200" in (status.findtext(f"{DAV}status") or "")
        for prop in status.findall(f"{DAV}prop")
    ]
    if not href or not found:
        return None

    def text(name: str) -> str:
        return next((value.strip() for prop in found if (value := prop.findtext(name))), "")

    owner = text(f"{OC}owner-id")
    size = text(f"{DAV}getcontentlength")
    return Entry(
        path=unquote(urlsplit(href).path if "://" in href else href).rstrip("/"),
        is_folder=any(prop.find(f"{DAV}resourcetype/{DAV}collection") is not None for prop in found),
        etag=text(f"{DAV}getetag"),
        modified=_date(text(f"{DAV}getlastmodified")),
        size=int(size) if size.isdigit() else None,
        media_type=text(f"{DAV}getcontenttype").partition(";")[0],
        file_id=text(f"{OC}fileid"),
        owner=Principal("person", owner, text(f"{OC}owner-display-name")) if owner else None,
        sharees=frozenset(
            principal
            for prop in found
            for sharee in prop.iterfind(f"{NC}sharees/{NC}sharee")
            if (principal := _principal(sharee)) is not None
        ),
    )


def _principal(sharee: etree._Element) -> Principal | None:
    kind, who = sharee.findtext(f"{NC}type") or "", sharee.findtext(f"{NC}id") or ""
    name = sharee.findtext(f"{NC}display-name") or ""
    if who and kind in (*PEOPLE, *MAIL):
        return Principal("person", who, name)
    return Principal("group", who, name) if who and kind in GROUPS else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
