"""Read the permissions of a file of Google Drive as rights; people and groups are known by their mail addresses.

What only lets in who has a link lets in nobody here. A domain is a group of its name.
"""

from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from sources.connectors.port import EVERYONE, Principal, Rights

FIELDS = "id,type,role,emailAddress,domain,displayName,deleted,expirationTime,allowFileDiscovery"


def read_rights(permissions: list[dict[str, Any]]) -> Rights:
    return Rights(allow=frozenset(principal for one in permissions if (principal := _principal(one)) is not None))


def _principal(one: dict[str, Any]) -> Principal | None:
    until = parse_datetime(str(one.get("expirationTime") or ""))
    if one.get("deleted") or (until is not None and until < datetime.now(UTC)):
        return None
    kind, name = one.get("type"), str(one.get("displayName") or "")
    if kind in ("user", "group"):
        mail = str(one.get("emailAddress") or "")
        return Principal("person" if kind == "user" else "group", mail, name or mail) if mail else None
    if not one.get("allowFileDiscovery"):
        return None
    if kind == "domain":
        return Principal("group", str(one["domain"]), name or str(one["domain"]))
    return Principal(EVERYONE) if kind == "anyone" else None
