"""What can go wrong in retrieval.

RetrievalError
├── EncoderError      the encoder could not be loaded or refused the input
└── IndexFault        the local index
    ├── IndexDamaged  a file of the published generation is missing or does not match its checksum
    └── IndexLocked   another process holds the writer's lock for too long
"""


class RetrievalError(Exception):
    """Root of every error of this package. `code` is stable."""

    code = "retrieval"


class EncoderError(RetrievalError):
    code = "encoder"


class IndexFault(RetrievalError):
    code = "index"


class IndexDamaged(IndexFault):
    code = "index_damaged"


class IndexLocked(IndexFault):
    code = "index_locked"
