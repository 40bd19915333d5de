"""What can go wrong when data is kept or goes.

RetentionError
└── RetentionRefused   a hold, a rule, an erasure that is not taken: `message` is a sentence for whoever tried
"""


class RetentionError(Exception):
    code = "retention"


class RetentionRefused(RetentionError):
    code = "retention_refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
