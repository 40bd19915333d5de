"""A layer for external models: masks personal data in requests and restores it in replies."""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from gateway.masking.mask import Mask, Revealer
from gateway.ports import Delta, GenerationOptions, LanguageModel, Message, TokenCount
from gateway.threads import run_in_thread


class MaskedModel:
    """Question, history and evidence are one prompt, and are masked together; the tokenizer of the server sees no more than it.

    If the masking fails, nothing leaves.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._mask = Mask()
        self._sent = ""  # hash of the last prompt that left

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def base_url(self) -> str:
        return self._model.base_url

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        """Yield the answer with its values. Raises: ModelError."""
        hidden = await self._hide(messages)
        self._sent = hashlib.sha256("\0".join(message.content for message in hidden).encode()).hexdigest()
        revealer = Revealer(self._mask)
        async with aclosing(self._model.stream(hidden, options=options)) as deltas:
            async for delta in deltas:
                text = revealer.feed(delta.text)
                if delta.is_sentence_end or delta.finish_reason:
                    text += revealer.flush()
                yield replace(delta, text=text)
        if rest := revealer.flush():
            yield Delta(text=rest)

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        return await self._model.count_tokens(await self._hide(messages))

    async def _hide(self, messages: Sequence[Message]) -> list[Message]:
        texts = await run_in_thread(self._mask.hide)([message.content for message in messages])
        return [replace(message, content=text) for message, text in zip(messages, texts, strict=True)]

    def report(self) -> dict[str, Any]:
        """Return what was hidden, by kind and number, and the hash of what left; none of the values."""
        return {"hidden": self._mask.counts(), "sent_sha256": self._sent}
