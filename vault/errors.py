"""What operators are told of; nobody's input is at fault.

VaultError
├── KeyRingUnusable   ATTEST_DATA_KEYS names no file, or one that holds no keys
└── Unreadable        sealed under a key that is not in the ring, or altered
"""


class VaultError(ValueError):
    """Root. A value error, as other columns that hold what they cannot mean: verification reports it."""


class KeyRingUnusable(VaultError):
    pass


class Unreadable(VaultError):
    pass
