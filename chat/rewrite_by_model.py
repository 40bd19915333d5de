"""A language model turns a follow-up into a question that stands alone; the rule stands in where it fails, dawdles or invents."""

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chat.errors import ModelError
from chat.ports import Choice, Message
from chat.prompting import language_of

logger = logging.getLogger(__name__)

MAX_TOKENS, FIRST_TOKEN_S, TOTAL_S = 96, 2.0, 4.0
HISTORY = 3  # questions before that the model sees
LONGEST = 300  # characters of a rewritten question, at least; else three times what it is made from
_FOLDER = Path(__file__).parent / "prompts"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][A-Za-z]*[A-Z0-9]\w*\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """The question as it is searched, and who put it so."""

    text: str
    by: str  # "rule", "model"; "" where it stands alone


async def rewrite_by_model(question: str, history: Sequence[tuple[str, str]], *, by_rule: str, choice: Choice) -> Rewritten:
    """Return the model's question where it keeps to what was asked, else the rule's.

    Args:
        history: earlier (question, answer) pairs, oldest first; only the questions are told.
        by_rule: what `chat.rewrite` made of it.
    """
    options = replace(
        choice.options,
        max_tokens=min(MAX_TOKENS, choice.options.max_tokens),
        first_token_timeout_s=min(FIRST_TOKEN_S, choice.options.first_token_timeout_s),
        total_timeout_s=min(TOTAL_S, choice.options.total_timeout_s),
    )
    earlier = [past for past, _ in history[-HISTORY:] if past.strip()]
    messages = (Message(role="user", content=_prompt(question, earlier)),)
    written: list[str] = []
    try:
        async with asyncio.timeout(TOTAL_S), aclosing(choice.model.stream(messages, options=options)) as deltas:  # type: ignore[type-var]
            async for delta in deltas:
                written.append(delta.text)
                if len(written) > 2 * MAX_TOKENS:
                    break
    except (ModelError, TimeoutError) as error:
        logger.info("follow-up rewritten by rule, the model failed error=%s", type(error).__name__)
        return Rewritten(text=by_rule, by="rule")
    text = "".join(written).strip().strip("\"“”'「」").strip()
    return Rewritten(text=text, by="model") if keeps_to(text, question, earlier) else Rewritten(text=by_rule, by="rule")


def keeps_to(text: str, question: str, earlier: Sequence[str]) -> bool:
    """Tell whether `text` is one question that holds the follow-up's figures, and no figure or code that nobody wrote."""
    told = "\n".join([*earlier, question])
    if not text.endswith(("?", "？")) or "\n" in text or len(text) > max(LONGEST, 3 * len(told)) or re.search(r"\[\d+\]|://", text):
        return False
    figures = set(_NUMBER.findall(text))
    if not set(_NUMBER.findall(question)) <= figures <= set(_NUMBER.findall(told)):
        return False
    return language_of(text) == language_of(question) and all(name in told for name in _NAME.findall(text))


def _prompt(question: str, earlier: Sequence[str]) -> str:
    template = (_FOLDER / f"rewrite.{language_of(question)}.txt").read_text("utf-8").strip()
    return template.format(history="\n".join(f"- {past}" for past in earlier), question=question)


def as_receipt(rewritten: Rewritten, report: dict[str, Any]) -> dict[str, Any]:
    """Return what the receipt says of the attempt."""
    return report | {"for": "rewrite", "kept": rewritten.by == "model"}
