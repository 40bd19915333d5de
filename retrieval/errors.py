"""Errors of retrieval.

RetrievalError
├── EncoderError          the encoder could not be loaded or refused the input
├── AddressInvalid        RETRIEVAL_URL cannot be read
└── IndexFault            the index
    ├── IndexDamaged      a file of the published generation is missing or does not match its checksum
    │   └── IndexOutdated it is whole, and another release wrote it in another layout: it is made anew from the database
    ├── IndexLocked       another process holds the writer's lock for too long
    └── IndexUnavailable  the server that holds it is unavailable, or refuses
"""


class RetrievalError(Exception):
    """Root of every error of this package. `code` is stable."""

    code = "retrieval"


class EncoderError(RetrievalError):
    code = "encoder"


class AddressInvalid(RetrievalError):
    code = "index_address"


class IndexFault(RetrievalError):
    code = "index"


class IndexDamaged(IndexFault):
    code = "index_damaged"


class IndexOutdated(IndexDamaged):
    code = "index_outdated"


class IndexLocked(IndexFault):
    code = "index_locked"


class IndexUnavailable(IndexFault):
    code = "index_unavailable"
