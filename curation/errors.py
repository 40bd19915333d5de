"""What can go wrong while a collection is looked after.

CurationError
└── CurationRefused   something that is not kept or not done; `message` is translated and says what to do
"""


class CurationError(Exception):
    """Root of every error of this package. `code` is stable."""

    code = "curation"


class CurationRefused(CurationError):
    """`code`: golden_invalid, golden_file, golden_taken, golden_none, gap_invalid, answer_invalid, change_invalid,
    handover_invalid."""

    code = "curation_refused"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
