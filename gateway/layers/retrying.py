"""A layer that retries when a server fails before its first word."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from gateway.errors import ModelBroken, ModelBusy, ModelFaulty, ModelUnreachable
from gateway.ports import Delta, GenerationOptions, LanguageModel, Message, TokenCount

RETRIES = 2
FIRST_PAUSE_S = 0.25
# Not a timeout, which has cost its time already, and nothing that comes out the same: a wrong key, too long a prompt.
_PASSING = (ModelUnreachable, ModelBusy, ModelFaulty, ModelBroken)


class RetryingModel:
    """Waits before each retry for a random time up to a limit that doubles ("full jitter": Brooker, AWS Architecture Blog, 2015),
    so that many that failed together do not come again together. `attempts` holds the codes of what failed."""

    def __init__(self, model: LanguageModel, *, draw: Callable[[float, float], float] = random.uniform) -> None:
        self._model = model
        self._draw = draw
        self.failures: list[str] = []

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def base_url(self) -> str:
        return self._model.base_url

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        """Yield the answer. All tries together keep to the time of one. Raises: ModelError."""
        clock = asyncio.get_running_loop().time
        began_at = clock()
        for retries_left in range(RETRIES, -1, -1):
            is_begun, spent_s = False, clock() - began_at
            left = replace(
                options,
                first_token_timeout_s=options.first_token_timeout_s - spent_s,
                total_timeout_s=options.total_timeout_s - spent_s,
            )
            try:
                async with aclosing(self._model.stream(messages, options=left)) as deltas:
                    async for delta in deltas:
                        is_begun = is_begun or bool(delta.text)
                        yield delta
                return
            except _PASSING as error:
                pause_s = self._draw(0, FIRST_PAUSE_S * 2 ** (RETRIES - retries_left))
                if is_begun or not retries_left or clock() - began_at + pause_s >= options.first_token_timeout_s:
                    raise
                self.failures.append(error.code)
            await asyncio.sleep(pause_s)

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        return await self._model.count_tokens(messages)
