"""List and fetch the objects of a bucket, by the S3 API (ListObjectsV2, GetObject).

A key is an object's id: S3 has no renaming, so a moved object is a new one. The version is the ETag; an upload of the same bytes in
other parts, or under another key of encryption, gives another one, and the object is read again.
"""

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote, unquote_plus, urlsplit

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from lxml import etree

from sources.connectors.calling.addresses import check_url
from sources.connectors.calling.calls import Calls, check_status
from sources.connectors.cursors import read_cursor, write_cursor
from sources.connectors.errors import ItemUnreadable, SourceAway
from sources.connectors.port import Changes, Item, Rights
from sources.connectors.s3.rules import PrefixRule, rights_for
from sources.connectors.s3.signing import UNRESERVED, Signer


class Bucket:
    def __init__(
        self, *, endpoint: str, bucket: str, prefix: str, by_host: bool, signer: Signer | None, rules: tuple[PrefixRule, ...]
    ) -> None:
        endpoint = check_url(endpoint).rstrip("/")
        parts = urlsplit(endpoint)
        self._root = parts._replace(netloc=f"{bucket}.{parts.netloc}").geturl() if by_host else f"{endpoint}/{bucket}"
        self._prefix, self._rules = prefix.lstrip("/"), rules
        self._calls = Calls(self._root, authorise=signer)

    def close(self) -> None:
        self._calls.close()

    def check(self) -> None:
        self._ask("", most=1)

    def list_changes(self, cursor: str) -> Iterator[Changes]:
        after = str(read_cursor(cursor, "after")["after"]) if cursor else ""
        is_last = False
        while not is_last:
            found = self._ask(after)
            keys = [_text(element, "Key") for element in found.iterfind("{*}Contents")]
            is_last = _text(found, "IsTruncated", is_url=False) != "true"
            if not keys and not is_last:
                raise SourceAway(_("The listing of the bucket was incomplete. It will be listed again later."))
            after = keys[-1] if keys else ""
            cursor = "" if is_last else write_cursor(after=after)
            items = tuple(
                self._item(element) for element in found.iterfind("{*}Contents") if not _text(element, "Key").endswith("/")
            )
            yield Changes(items=items, cursor=cursor, complete=is_last, ended=is_last)

    def fetch(self, item: Item, into: BinaryIO) -> None:
        if {".", ".."} & set(item.id.split("/")):
            raise ItemUnreadable(_("Its key contains “.” or “..” as a path segment, which is not possible in a web address."))
        self._calls.download(f"{self._root}/{quote(item.id, safe='/' + UNRESERVED)}", into)

    def rights_of(self, item: Item) -> Rights | None:
        return rights_for(item.id, self._rules)

    def _ask(self, after: str, *, most: int = 1000) -> etree._Element:
        query = {"list-type": "2", "encoding-type": "url", "max-keys": str(most), "prefix": self._prefix, "start-after": after}
        text = "&".join(f"{name}={quote(value, safe=UNRESERVED)}" for name, value in query.items() if value)
        response = self._calls.ask("GET", f"{self._root}?{text}" if "/" in urlsplit(self._root).path else f"{self._root}/?{text}")
        check_status(response)
        try:
            found = etree.fromstring(response.content, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError:
            found = None
        if found is None or not str(found.tag).endswith("ListBucketResult"):
            raise SourceAway(_("The server did not respond as S3 should. Check the address."))
        return found

    def _item(self, element: etree._Element) -> Item:
        key, size = _text(element, "Key"), _text(element, "Size")
        *folders, name = key.split("/")
        return Item(
            id=key,
            name=name,
            folders=tuple(part for part in folders if part),
            version=_text(element, "ETag", is_url=False).strip('"') or f"{size}-{_text(element, 'LastModified')}",
            modified=parse_datetime(_text(element, "LastModified", is_url=False)),
            size=int(size) if size.isdigit() else None,
            rights=rights_for(key, self._rules),
        )


def _text(element: etree._Element, name: str, *, is_url: bool = True) -> str:
    text = element.findtext(f"{{*}}{name}") or ""
    return unquote_plus(text) if is_url and name == "Key" else text
