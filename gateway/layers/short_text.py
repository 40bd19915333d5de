"""Ask a model for a short text within limits, such as a rewritten question or a plan."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from gateway.ports import Choice, Message


async def write_short_text(
    choice: Choice, prompt: str | Sequence[Message], *, max_tokens: int, first_token_s: float, total_s: float
) -> str:
    """Return what the model writes; cut where it goes on for twice as many pieces as it may have tokens.

    Args:
        prompt: a text as the user's message, or a whole conversation.
        first_token_s: seconds to the first token, at most.
        total_s: seconds to the end, at most.
    Raises: ModelError, TimeoutError.
    """
    options = replace(
        choice.options,
        max_tokens=min(max_tokens, choice.options.max_tokens),
        first_token_timeout_s=min(first_token_s, choice.options.first_token_timeout_s),
        total_timeout_s=min(total_s, choice.options.total_timeout_s),
    )
    written: list[str] = []
    messages = (Message(role="user", content=prompt),) if isinstance(prompt, str) else prompt
    async with asyncio.timeout(total_s), aclosing(choice.model.stream(messages, options=options)) as deltas:
        async for delta in deltas:
            written.append(delta.text)
            if len(written) > 2 * max_tokens:
                break
    return "".join(written)
