"""Verification: no sentence without evidence that carries it.

`verify_sentence` reads a sentence as a model wrote it, with its markers, and says whether the evidence it cites says so too:
numbers, amounts, dates, units, names, negation and direction agree, and the wording or the meaning is close. It fails closed.
"""

from chat.verify.verifier import ScoreTexts, Verifier, verify_sentence

__all__ = ["ScoreTexts", "Verifier", "verify_sentence"]
