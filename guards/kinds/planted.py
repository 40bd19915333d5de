"""Instructions to an assistant, where nobody but its makers should give any."""

from guards.models import Guard
from guards.ports import Instruments
from language.sentences import split_sentences

RULE = "instruction to an assistant"


def find(guard: Guard, text: str, instruments: Instruments) -> list[str]:
    """Return whether a sentence of the text speaks to an assistant."""
    return [RULE] if any(instruments.is_planted(sentence.text) for sentence in split_sentences(text)) else []
