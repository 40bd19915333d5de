"""Anybody's text, sentence by sentence, against passages that come with it or documents of the library.

The verifier of answers decides (`chat.verify`); here a text is cut, evidence is gathered, and what was found is put on record.
"""
