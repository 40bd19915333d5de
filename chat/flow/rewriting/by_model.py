"""Rewrite a follow-up as a standalone question by a language model; the rule is used if the model fails, is slow or invents."""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chat.flow.steps import Rewritten
from gateway.errors import ModelError
from gateway.layers.short_text import write_short_text
from gateway.ports import Choice
from language.scripts.answer_language import language_of

logger = logging.getLogger(__name__)

MAX_TOKENS, FIRST_TOKEN_S, TOTAL_S = 96, 2.0, 4.0
HISTORY = 3  # questions before that the model sees
LONGEST = 300  # characters of a rewritten question, at least; else three times what it is made from
_FOLDER = Path(__file__).parent / "prompts"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][A-Za-z]*[A-Z0-9]\w*\b")


async def rewrite_by_model(question: str, history: Sequence[tuple[str, str]], *, by_rule: str, choice: Choice) -> Rewritten:
    """Return the model's question where it is faithful to the follow-up, else the rule's.

    Args:
        history: earlier (question, answer) pairs, oldest first; only the questions are given to the model.
        by_rule: what `chat.flow.rewriting.by_rule` made of it.
    """
    earlier = [past for past, _ in history[-HISTORY:] if past.strip()]
    limits = {"first_token_s": FIRST_TOKEN_S, "total_s": TOTAL_S}
    try:
        written = await write_short_text(choice, _prompt(question, earlier), max_tokens=MAX_TOKENS, **limits)
    except (ModelError, TimeoutError) as error:
        logger.info("follow-up rewritten by rule, the model failed error=%s", type(error).__name__)
        return Rewritten(text=by_rule, by="rule")
    text = written.strip().strip("\"“”'「」").strip()
    return Rewritten(text=text, by="model") if keeps_to(text, question, earlier) else Rewritten(text=by_rule, by="rule")


def keeps_to(text: str, question: str, earlier: Sequence[str]) -> bool:
    """Tell whether `text` is one question with the follow-up's figures, and without figures or codes from elsewhere."""
    context = "\n".join([*earlier, question])
    if (
        not text.endswith(("?", "？"))
        or "\n" in text
        or len(text) > max(LONGEST, 3 * len(context))
        or re.search(r"\[\d+\]|://", text)
    ):
        return False
    figures = set(_NUMBER.findall(text))
    if not set(_NUMBER.findall(question)) <= figures <= set(_NUMBER.findall(context)):
        return False
    return language_of(text) == language_of(question) and all(name in context for name in _NAME.findall(text))


def _prompt(question: str, earlier: Sequence[str]) -> str:
    template = (_FOLDER / f"rewrite.{language_of(question)}.txt").read_text("utf-8").strip()
    return template.format(history="\n".join(f"- {past}" for past in earlier), question=question)


def with_report(rewritten: Rewritten, report: dict[str, Any]) -> Rewritten:
    """Return the question with what the receipt says of the model that was asked for it."""
    return replace(rewritten, attempt=report | {"for": "rewrite", "kept": rewritten.by == "model"})
