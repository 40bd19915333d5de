"""A gateway that offers one model for every question."""

from dataclasses import dataclass
from typing import Any

from gateway.ports import GenerationOptions, LanguageModel, Request, Routed, Style


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainChoice:
    """A model as it is: no queue, no breaker, nothing masked."""

    model: LanguageModel
    options: GenerationOptions
    context_tokens: int
    style: Style = "markers"

    def report(self) -> dict[str, Any]:
        return {"model": self.model.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class OneModel:
    """Offers `model`, or nothing."""

    model: LanguageModel | None
    options: GenerationOptions
    context_tokens: int

    async def route(self, request: Request) -> Routed:
        if self.model is None:
            return Routed()
        return Routed(choices=(PlainChoice(model=self.model, options=self.options, context_tokens=self.context_tokens),))
