"""What can go wrong with a place that checkpoints or events are sent to.

OutputError
├── OutputInvalid      the file of places cannot be used: a sentence for the operator
└── OutputUnavailable  a place did not take what it was sent; it is sent again
"""

from audit.errors import AuditError


class OutputError(AuditError):
    code = "audit_output"


class OutputInvalid(OutputError):
    code = "audit_output_invalid"


class OutputUnavailable(OutputError):
    code = "audit_output_unavailable"
