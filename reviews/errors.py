"""What can go wrong at the desk.

ReviewError
└── ReviewRefused   a review, an assignment or a rule that is not taken: a sentence for whoever tried
"""


class ReviewError(Exception):
    code = "review"


class ReviewRefused(ReviewError):
    """`message` is translated; `param` names what is wrong, where it is one thing."""

    code = "review_refused"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
