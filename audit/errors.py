"""What can go wrong in the audit.

AuditError
├── AuditImmutable      someone tried to change or delete what was recorded
├── AuditInvalid        what was to be recorded is no event: no action, a field too long, not JSON
├── HeldBack            a legal hold keeps what was to be deleted
├── KeyUnusable         the keys that events are authenticated with are gone, damaged, or not those of this chain
└── CheckpointInvalid   a checkpoint file that cannot be read at all
"""


class AuditError(Exception):
    """Root of every error of this package. `code` is stable."""

    code = "audit"


class AuditImmutable(AuditError):
    code = "audit_immutable"


class AuditInvalid(AuditError):
    code = "audit_invalid"


class HeldBack(AuditError):
    """`hold`: the name of one of the holds, for those who may know of it."""

    code = "held"

    def __init__(self, hold: str) -> None:
        super().__init__(f"The legal hold “{hold}” keeps it.")
        self.hold = hold


class KeyUnusable(AuditError):
    code = "audit_key_unusable"


class CheckpointInvalid(AuditError):
    code = "checkpoint_invalid"
