"""Answers as JSON by a schema, turned into text with markers while they stream.

The server holds the model to the schema (vLLM: structured outputs, by `response_format`). One that does not know the option may
send something else: then the model is asked once to repair it, with what is wrong.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from gateway.errors import ModelBroken
from gateway.ports import Delta, GenerationOptions, LanguageModel, Message, TokenCount, Usage

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"text": {"type": "string"}, "sources": {"type": "array", "items": {"type": "integer"}}},
                "required": ["text", "sources"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}
RESPONSE_FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
_REPAIR = "That is not valid: {problem}. Write the whole answer again, as JSON by the schema and nothing else."


class StructuredModel:
    """Asks for JSON, yields markers: each sentence as soon as its object is closed."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.problems: list[str] = []  # of each output that was not valid

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def base_url(self) -> str:
        return self._model.base_url

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        """Yield sentences. Raises: ModelError; ModelBroken: no JSON by the schema, twice."""
        asked, options = list(messages), replace(options, extra={**options.extra, "response_format": RESPONSE_FORMAT})
        sentences: list[str] = []
        spent: Usage | None = None
        for is_last in (False, True):
            reader, finish_reason, usage = SentenceReader(), "", None
            async with aclosing(self._model.stream(asked, options=options)) as deltas:
                async for delta in deltas:
                    usage, finish_reason = delta.usage or usage, delta.finish_reason or finish_reason
                    for text in reader.feed(delta.text):
                        if text not in sentences:  # a repaired answer repeats its correct sentences
                            sentences.append(text)
                            yield Delta(text=text if len(sentences) == 1 else _gap(sentences[-2]) + text, is_sentence_end=True)
            spent = _sum(spent, usage)
            problem = "" if finish_reason == "length" and sentences else check_answer(reader.text)
            if problem:
                self.problems.append(problem)
            if not problem or (is_last and sentences):  # each sentence was read completely, and is verified separately
                yield Delta(finish_reason=finish_reason or "stop", usage=spent)
                return
            if is_last:
                raise ModelBroken(f"no JSON by the schema: {problem}")
            repair = Message(role="user", content=_REPAIR.format(problem=problem))
            asked = [*messages, Message(role="assistant", content=reader.text), repair]

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        return await self._model.count_tokens(messages)

    def report(self) -> dict[str, Any]:
        return {"repairs": len(self.problems), "problems": list(self.problems)}


class SentenceReader:
    """Finds the objects of the "sentences" array in JSON that is still being written. Each character is looked at once."""

    def __init__(self) -> None:
        self.text = ""
        self._position = 0
        self._starts: list[int] = []  # of the brackets that are open
        self._is_string = self._is_escaped = False

    def feed(self, piece: str) -> list[str]:
        """Return the sentences, with their markers, that `piece` completes."""
        self.text += piece
        found = []
        for position in range(self._position, len(self.text)):
            mark = self.text[position]
            if self._is_string:
                if self._is_escaped:
                    self._is_escaped = False
                elif mark == "\\":
                    self._is_escaped = True
                elif mark == '"':
                    self._is_string = False
            elif mark == '"':
                self._is_string = True
            elif mark in "{[":
                self._starts.append(position)
            elif mark in "}]" and self._starts:
                start = self._starts.pop()
                if mark == "}" and len(self._starts) == 2 and (sentence := _read_sentence(self.text[start : position + 1])):
                    found.append(sentence)
        self._position = len(self.text)
        return found


def check_answer(text: str) -> str:
    """Return what is wrong with an answer by the schema; nothing where it is valid."""
    try:
        answer = json.loads(text)
    except ValueError as error:
        return f"it is no JSON ({error})"
    if not isinstance(answer, dict) or set(answer) != {"sentences"} or not isinstance(answer["sentences"], list):
        return 'it must be an object with the one field "sentences", an array'
    if not all(_is_sentence(one) for one in answer["sentences"]):
        return 'each sentence must be an object with "text", a string, and "sources", an array of whole numbers'
    return "" if answer["sentences"] else '"sentences" is empty'


def _is_sentence(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and set(one) == {"text", "sources"}
        and isinstance(one["text"], str)
        and isinstance(one["sources"], list)
        and all(isinstance(number, int) and not isinstance(number, bool) for number in one["sources"])
    )


def _read_sentence(text: str) -> str:
    """Return an object's sentence with its markers behind the full stop; nothing where it is none."""
    try:
        one = json.loads(text)
    except ValueError:
        return ""
    if not _is_sentence(one) or not (said := " ".join(one["text"].split())):
        return ""
    return said + "".join(f"[{number}]" for number in dict.fromkeys(one["sources"]) if 0 < number < 1000)


def _gap(before: str) -> str:
    """Return the separator between two sentences: none after a Chinese one."""
    end = before.rstrip("0123456789[]")[-1:]
    return "" if end and ord(end) >= 0x2E80 else " "


def _sum(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other
    return Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
    )
