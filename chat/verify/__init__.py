"""Verification: no sentence without evidence that supports it.

`verify_sentence` takes a sentence as a model wrote it, with its markers, and decides whether the cited evidence supports it:
numbers, amounts, dates, units, names, negation and direction must agree, and wording or meaning must be close. It fails closed.
"""

from chat.verify.verifier import ScoreTexts, Verifier, verify_sentence

__all__ = ["ScoreTexts", "Verifier", "verify_sentence"]
