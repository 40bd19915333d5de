"""Read a driveItem's permissions as rights.

People are known by mail, groups of the directory by their id, groups of a SharePoint site by their name: their members are not
told. A link for everybody, or for the whole company, lets in who has it; as nobody knows who has, it lets in nobody here.
"""

from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from sources.connectors.port import Principal, Rights


def read_rights(permissions: list[dict[str, Any]]) -> Rights:
    allow: set[Principal] = set()
    for permission in permissions:
        until = parse_datetime(str(permission.get("expirationDateTime") or ""))
        if until is not None and until < datetime.now(UTC):
            continue
        identities = [permission.get("grantedToV2"), *permission.get("grantedToIdentitiesV2", ())]
        allow.update(principal for one in identities if one and (principal := _principal(one)) is not None)
    return Rights(allow=frozenset(allow))


def _principal(identity: dict[str, Any]) -> Principal | None:
    """Return a person or group; an identity may be told in two ways, of which the directory's is the better one."""
    user, group = identity.get("user") or identity.get("siteUser"), identity.get("group") or identity.get("siteGroup")
    if group:
        name = str(group.get("displayName") or "")
        own_id = str(group.get("id") or "") if identity.get("group") else name
        return Principal("group", own_id or name, name) if own_id or name else None
    if not user:
        return None  # an application, a device
    site_user = identity.get("siteUser") or {}
    login = str(site_user.get("loginName") or "").rpartition("|")[2]
    name = str(user.get("displayName") or site_user.get("displayName") or "")
    if site_user and "|membership|" not in str(site_user.get("loginName") or "|membership|"):
        return Principal("group", login, name)  # such as "everyone except external users"
    mail = user.get("email") or site_user.get("email") or (login if "@" in login else "")
    own_id = str(mail or user.get("id") or login)
    return Principal("person", own_id, name) if own_id else None
