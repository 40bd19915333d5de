"""Ids that are a function of what they name, so that doing a thing twice does it once."""

import hashlib
import uuid


def chunk_id(version_uid: uuid.UUID, ordinal: int, *, edition: int = 1) -> int:
    """Return the id of the chunk at `ordinal` of a version, as cut for an edition: 63 bits of SHA-256.

    Random-looking on purpose: a running number would reveal to a reader how much there is that they may not read. At 10⁸
    chunks two share an id with a probability of 0.05 %, and the primary key then refuses the second.
    """
    suffix = edition.to_bytes(4, "big") if edition > 1 else b""  # the ids of the first are as they were before there were others
    digest = hashlib.sha256(version_uid.bytes + ordinal.to_bytes(8, "big") + suffix).digest()
    return int.from_bytes(digest[:8], "big") >> 1
