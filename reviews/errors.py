"""What can go wrong at the desk.

ReviewError
└── ReviewRefused   a review, an assignment or a rule that is not taken: a sentence for whoever tried
"""


class ReviewError(Exception):
    code = "review"


class ReviewRefused(ReviewError):
    code = "review_refused"
