"""Prompts: versioned templates on disk, numbered and fenced evidence, inside the model's context.

The fixed part comes first, so that the server's prefix cache serves every question.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from chat.types import Evidence
from gateway.ports import LanguageModel, Message, Style

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate

DECLINES = {"en": "The documents do not contain the answer to this question.", "zh": "资料中没有这个问题的答案。"}

_FOLDER = Path(__file__).parent / "prompts"
_ROLES: dict[str, Literal["system", "user"]] = {"system": "system", "human": "user"}
_PAGE = {"en": "page {page}", "zh": "第 {page} 页"}
_VERSION = {"en": "version {version}", "zh": "第 {version} 版"}
# Without the model's tokenizer, on the safe side: an English token has about 4 characters, a Chinese character up to 1.5 tokens.
_CHARACTERS_A_TOKEN = 3.0
_TOKENS_A_WIDE_CHARACTER = 1.5
_TOKENS_A_MESSAGE = 8
_FENCE = re.compile(r"<{3,}|>{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A prompt's files."""

    name: str  # "answer.en"
    digest: str  # sha256 of both files
    prompt: "ChatPromptTemplate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is asked, and what it may cite."""

    template: str
    template_hash: str
    messages: tuple[Message, ...]
    evidence: tuple[Evidence, ...]  # as much as fits
    tokens: int
    tokens_are_counted: bool  # by the model's own tokenizer; else estimated


def is_decline(text: str) -> bool:
    """Tell whether the model declined, in the words that the prompt gave it for that."""
    said = _bare(text)
    return any(_bare(sentence) in said for sentence in DECLINES.values())


def _bare(text: str) -> str:
    return re.sub(r"\[\d+\]|[\W_]+", "", text).casefold()


@lru_cache(maxsize=64)
def load_template(language: str, style: Style = "markers", rules: str = "") -> Template:
    """Return the template of a language ("en", "zh") and a way to cite.

    Args: rules: what stands in for the rules on disk; "": those.
    Raises: OSError: it is not on disk.
    """
    from langchain_core.prompts import ChatPromptTemplate  # a second, which is spent beside the start (chat.flow.warming)

    name = name_rules(language, style)
    parts = [rules or read_rules(name), (_FOLDER / f"question.{language}.txt").read_text("utf-8").strip()]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    prompt = ChatPromptTemplate.from_messages([("system", parts[0]), ("human", parts[1])])
    return Template(name=name, digest=digest, prompt=prompt)


def name_rules(language: str, style: Style = "markers") -> str:
    """Return the name of the rules that answers in a language are written by: "answer.en"."""
    return f"{'answer' if style == 'markers' else style}.{language}"


def read_rules(name: str) -> str:
    """Return the rules of that name as they come with the release. Raises: OSError: there are none."""
    return (_FOLDER / f"{name}.txt").read_text("utf-8").strip()


def digest_prompts() -> str:
    """Return the hash of all prompts that answers are written with, without loading what fills them in."""
    files = sorted(_FOLDER.glob("*.txt"))
    return hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in files)).hexdigest()


def write_messages(
    question: str, evidence: Sequence[Evidence], *, language: str, style: Style = "markers", rules: str = ""
) -> tuple[Message, ...]:
    """Return the prompt's messages: the rules, then the sources and the question."""
    sources = "\n\n".join(_source(one, language) for one in evidence)
    filled = load_template(language, style, rules).prompt.format_messages(
        decline=DECLINES[language], sources=sources, question=_FENCE.sub("", question)
    )
    return tuple(Message(role=_ROLES[message.type], content=str(message.content)) for message in filled)


def _source(evidence: Evidence, language: str) -> str:
    place = evidence.place
    about = [place.title or place.document, _VERSION[language].format(version=place.version)]
    if place.page is not None:
        about.append(_PAGE[language].format(page=place.page_label or place.page))
    if evidence.heading_path:
        about.append(" > ".join(evidence.heading_path))
    lines = (evidence.prefix, evidence.text)
    # What could close the fence is taken out of the document's own words.
    heading, body = (_FENCE.sub("", text) for text in (", ".join(about), "\n".join(line for line in lines if line)))
    return f"<<<SOURCE [{evidence.marker}] {heading}\n{body}\n>>>END OF SOURCE [{evidence.marker}]"


def estimate_tokens(messages: Sequence[Message]) -> int:
    """Return an upper bound of the prompt's tokens with common tokenizers."""
    total = 0.0
    for message in messages:
        narrow = sum(map(str.isascii, message.content))
        total += narrow / _CHARACTERS_A_TOKEN + (len(message.content) - narrow) * _TOKENS_A_WIDE_CHARACTER + _TOKENS_A_MESSAGE
    return round(total)


async def fit_prompt(
    question: str,
    evidence: Sequence[Evidence],
    *,
    model: LanguageModel,
    context_tokens: int,
    answer_tokens: int,
    language: str,
    style: Style = "markers",
    rules: str = "",
) -> Prompt:
    """Write the prompt with as much of the evidence, best first, as the context holds; at least with the best passage.

    Args:
        context_tokens: of the model, unless the server itself names a smaller one.
        answer_tokens: kept free for the answer.
        rules: instead of those on disk.
    """
    kept, is_counting = tuple(evidence), True
    while True:
        messages = write_messages(question, kept, language=language, style=style, rules=rules)
        counted = await model.count_tokens(messages) if is_counting else None
        is_counting = counted is not None  # a server that does not tell is not asked again
        tokens = counted.tokens if counted else estimate_tokens(messages)
        context = min(context_tokens, counted.context) if counted and counted.context else context_tokens
        room = context - answer_tokens
        if tokens <= room or len(kept) <= 1:
            template = load_template(language, style, rules)
            return Prompt(
                template=template.name,
                template_hash=template.digest,
                messages=messages,
                evidence=kept,
                tokens=tokens,
                tokens_are_counted=counted is not None,
            )
        # As many as would fit if all were of one length, and at least one fewer, so that a few rounds are enough.
        kept = kept[: max(1, min(len(kept) - 1, int(len(kept) * room / tokens)))]
