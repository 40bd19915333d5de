"""Ids that are a function of what they name, so that doing a thing twice does it once."""

import hashlib
import uuid


def chunk_id(version_uid: uuid.UUID, ordinal: int) -> int:
    """Return the id of the chunk at `ordinal` of a version: 63 bits of SHA-256.

    Random-looking on purpose: a running number would tell a reader how much there is that they may not read. At 10⁸
    chunks two share an id with a probability of 0.05 %, and the primary key then refuses the second.
    """
    digest = hashlib.sha256(version_uid.bytes + ordinal.to_bytes(8, "big")).digest()
    return int.from_bytes(digest[:8], "big") >> 1
