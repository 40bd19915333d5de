"""The model that needs no model: it quotes the best sentences of the evidence."""

from collections.abc import AsyncGenerator, Sequence
from functools import partial

from asgiref.sync import sync_to_async

from chat.candidates import Candidate
from chat.errors import ModelSilent
from chat.extractive import extract
from chat.ports import Delta, GenerationOptions, Message, TokenCount

NAME = "extractive"
NO_OPTIONS = GenerationOptions(max_tokens=0, first_token_timeout_s=0, total_timeout_s=0)  # it has none


class ExtractiveModel:
    """Made for one question, since it reads the ranked sentences of the evidence instead of a prompt."""

    name = NAME
    base_url = ""

    def __init__(self, *, question: str, candidates: Sequence[Candidate]) -> None:
        self._extract = partial(extract, question, candidates)

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        """Yield one quoted sentence after the other, each with its marker. Raises: ModelSilent: nothing fits."""
        sentences = await sync_to_async(self._extract)()
        if not sentences:
            raise ModelSilent("no sentence of the evidence fits the question")
        for position, sentence in enumerate(sentences):
            yield Delta(text=sentence if position == 0 else f"\n{sentence}")
        yield Delta(finish_reason="stop")

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        return None
