"""A layer that adds the queue and the circuit breaker to a model."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from django.conf import settings

from gateway.errors import BudgetExhausted, ModelBusy, ModelError, ModelSuspended
from gateway.models import ModelCall, ServedModel
from gateway.ports import Delta, GenerationOptions, LanguageModel, Message, TokenCount, Usage
from gateway.queue.breaker import BreakerState
from gateway.queue.calls import Outcome, enter_queue, finish_call, read_breaker, try_start
from gateway.spending.budgets import find_exhausted
from gateway.threads import run_in_thread, shield_to_completion

POLL_S = 0.1
_DETAIL_CHARACTERS = 300


class QueuedModel:
    """Waits for a place before it asks, and gives it back however the answer ends."""

    def __init__(self, model: LanguageModel, *, row: ServedModel, user: str, collection: str = "") -> None:
        self._model = model
        self._row = row
        self._user = user
        self._collection = collection  # what it costs is counted for
        self.waited_ms = 0.0
        self.refused_by = ""  # code of the error with which the model was not asked at all
        self.usage: Usage | None = None
        self.outcomes: list[Outcome] = []

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def base_url(self) -> str:
        return self._model.base_url

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        """Yield the answer. Raises: ModelError; BudgetExhausted, ModelBusy and ModelSuspended without having asked."""
        call = await self._enter()
        began, first_token_ms, usage = time.perf_counter(), None, None
        error_code: str | None = None
        detail = ""
        try:
            async with aclosing(self._model.stream(messages, options=options)) as deltas:
                async for delta in deltas:
                    if delta.text and first_token_ms is None:
                        first_token_ms = _since(began)
                    usage = delta.usage or usage
                    yield delta
            error_code = ""
        except ModelError as error:
            error_code, detail = error.code, str(error)[:_DETAIL_CHARACTERS]
            raise
        finally:
            outcome = Outcome(
                error_code=error_code, detail=detail, usage=usage, first_token_ms=first_token_ms, total_ms=_since(began)
            )
            self.outcomes.append(outcome)
            self.usage = usage
            await self._finish(call, outcome)

    async def _enter(self) -> ModelCall:
        began = time.perf_counter()
        try:
            if self._row.has_price:
                await run_in_thread(self._check_budget)()
            call, has_left = await shield_to_completion(run_in_thread(enter_queue)(self._row, user=self._user))
        except ModelError as error:
            self.refused_by = error.code
            raise
        if has_left:
            await self._finish(call, Outcome(error_code=None, total_ms=0.0))
            raise asyncio.CancelledError
        if call.state == ModelCall.State.RUNNING:
            return call
        try:
            while not await run_in_thread(try_start)(call):
                if time.perf_counter() - began > settings.LLM_QUEUE_WAIT_S:
                    raise ModelBusy(f"no place within {settings.LLM_QUEUE_WAIT_S:g} s")
                await asyncio.sleep(POLL_S)
        except BaseException as error:
            code = ModelBusy.code if isinstance(error, ModelBusy) else None
            self.refused_by = code or ""
            await self._finish(call, Outcome(error_code=code, total_ms=0.0))
            raise
        finally:
            self.waited_ms = _since(began)
        return call

    def _check_budget(self) -> None:
        if (budget := find_exhausted(self._user)) is not None:
            raise BudgetExhausted(f"budget {budget.pk} is spent for this month")

    async def _finish(self, call: ModelCall, outcome: Outcome) -> None:
        """Give the place back, also where the reader leaves at this very moment."""
        _, has_left = await shield_to_completion(run_in_thread(finish_call)(call, outcome, collection=self._collection))
        if has_left:
            raise asyncio.CancelledError

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        """Ask the server. Raises: ModelSuspended: a server that is left alone is not even asked how long a prompt is."""
        breaker = await run_in_thread(read_breaker)(self._row)
        if breaker.state == BreakerState.OPEN:
            self.refused_by = ModelSuspended.code
            raise ModelSuspended(f"{self._row} failed {breaker.failures} times in a row")
        return await self._model.count_tokens(messages)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
