"""Why a connection is not made.

OutboundError
├── HostRefused   the name or address leads to this machine, or to what only this machine can reach
└── HostUnknown   no name server knows the name
"""


class OutboundError(Exception):
    """Root of every error of this package. `host`: as it was written."""

    code = "outbound"

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


class HostRefused(OutboundError):
    code = "host_refused"


class HostUnknown(OutboundError):
    code = "host_unknown"
