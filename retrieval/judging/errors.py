"""Errors of the trained judge.

RetrievalError
└─ JudgeError: the weights or the encoder below them cannot be used
"""

from retrieval.errors import RetrievalError


class JudgeError(RetrievalError):
    """The judge's weights are missing, damaged, or made for another encoder."""

    code = "judge_unusable"
