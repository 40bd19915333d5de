"""Answers from a real vLLM: its bytes, its tokenizer, its errors, and that it stops when nobody reads."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from chat import errors
from chat.answering import ask
from chat.llm.openai_compatible import OpenAICompatibleModel
from chat.means import Means
from chat.ports import Delta, GenerationOptions, Message
from chat.prompting import fit_prompt
from chat.types import Outcome, VerdictKind
from kb.models import Collection, Document
from tests.chat.library import LEAVE, QUESTION, add_document, means_with, search
from tests.chat.test_prompting import evidence
from tests.vllm_server import EIGHT_HOURS, NINE_HOURS, SIX_HOURS, TEN_DAYS, VllmServer

pytestmark = pytest.mark.vllm

OPTIONS = GenerationOptions(max_tokens=300, first_token_timeout_s=20, total_timeout_s=60)
TOKENS = "vllm:generation_tokens_total"


@pytest.fixture
def model(vllm_server: VllmServer) -> OpenAICompatibleModel:
    return OpenAICompatibleModel(base_url=vllm_server.base_url, name=vllm_server.model, api_key=vllm_server.api_key)


@pytest.fixture
def leave(collection: Collection) -> Document:
    collection.sufficiency_threshold = 0.0  # the model's words are the subject here
    collection.save()
    return add_document(collection, "leave.md", LEAVE)


def means(model: OpenAICompatibleModel, **changes: Any) -> Means:
    return means_with(model, options=OPTIONS, **changes)


def prompt(text: str) -> list[Message]:
    return [Message(role="system", content="Be brief."), Message(role="user", content=text)]


async def read(model: OpenAICompatibleModel, text: str, options: GenerationOptions = OPTIONS) -> list[Delta]:
    async with aclosing(model.stream(prompt(text), options=options)) as deltas:
        return [delta async for delta in deltas]


def test_a_streamed_answer_becomes_verified_citations(employee: User, leave: Document, model: OpenAICompatibleModel) -> None:
    answer = ask(QUESTION, user=employee, means=means(model))
    assert (answer.outcome, answer.model, answer.fallback) == (Outcome.ANSWERED, "tiny", "")
    assert answer.text == f"{SIX_HOURS}[1] {EIGHT_HOURS}[2]"
    assert [citation.quote for citation in answer.citations] == [SIX_HOURS, EIGHT_HOURS]
    assert {citation.document for citation in answer.citations} == {"leave.md"}


def test_a_wrong_number_is_withheld_and_the_rest_is_shown(employee: User, leave: Document, model: OpenAICompatibleModel) -> None:
    answer = ask("How many hours do employees with ten years of service earn?", user=employee, means=means(model))
    assert answer.text == f"{EIGHT_HOURS}[1]"
    assert answer.withheld == 1
    assert NINE_HOURS not in str(answer.as_dict())


def test_a_wrong_marker_is_put_right(employee: User, leave: Document, model: OpenAICompatibleModel) -> None:
    answer = ask("How many hours do employees with twenty years of service earn?", user=employee, means=means(model))
    (sentence,) = answer.sentences
    assert (sentence.text, sentence.verdict.kind, sentence.verdict.reason) == (EIGHT_HOURS, VerdictKind.CORRECTED, "bad_marker")


def test_the_models_own_decline_is_a_refusal(employee: User, leave: Document, model: OpenAICompatibleModel) -> None:
    answer = ask("How many employees have annual leave?", user=employee, means=means(model))
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "model_declined")


def test_chinese_comes_through_whole(employee: User, collection: Collection, model: OpenAICompatibleModel) -> None:
    collection.sufficiency_threshold = 0.0
    collection.save()
    add_document(collection, "假期.md", f"{TEN_DAYS}。")
    found = means(model, search=lambda _question, **given: search(TEN_DAYS, **given))
    answer = ask("工龄五年有几天年假？", user=employee, means=found)
    assert answer.text == f"{TEN_DAYS}。[1]"
    assert answer.withheld == 1


async def test_usage_and_finish_reason_are_read(model: OpenAICompatibleModel) -> None:
    deltas = await read(model, "five years?")
    usage = next(delta.usage for delta in deltas if delta.usage)
    assert usage.completion_tokens > 10
    assert usage.prompt_tokens > 5
    assert [delta.finish_reason for delta in deltas if delta.finish_reason] == ["stop"]


async def test_the_fixed_part_of_the_prompt_is_found_in_the_prefix_cache(model: OpenAICompatibleModel) -> None:
    rules = "rule " * 400
    for question in ("five years? one", "five years? two"):
        messages = [Message(role="system", content=rules), Message(role="user", content=question)]
        async with aclosing(model.stream(messages, options=OPTIONS)) as deltas:
            usage = next(delta.usage for delta in [delta async for delta in deltas] if delta.usage)
    assert usage.cached_tokens >= 128


async def test_the_served_tokenizer_counts_the_prompt_exactly(model: OpenAICompatibleModel) -> None:
    counted = await model.count_tokens(prompt("five years?"))
    deltas = await read(model, "five years?")
    assert counted is not None
    assert counted.tokens == next(delta.usage.prompt_tokens for delta in deltas if delta.usage)
    assert counted.context == 4096


async def test_an_overflow_is_named_and_a_fitted_prompt_does_not_overflow(model: OpenAICompatibleModel) -> None:
    with pytest.raises(errors.ContextOverflow, match="maximum context length"):
        await read(model, "word " * 9000)
    sources = [evidence(number, "some words of text " * 60) for number in range(1, 30)]
    fitted = await fit_prompt("five years?", sources, model=model, context_tokens=100_000, answer_tokens=300, language="en")
    assert 1 < len(fitted.evidence) < 29
    assert fitted.tokens <= 4096 - 300


async def test_a_wrong_key_is_named(vllm_server: VllmServer) -> None:
    wrong = OpenAICompatibleModel(base_url=vllm_server.base_url, name=vllm_server.model, api_key="wrong")
    with pytest.raises(errors.ModelUnauthorized, match="Unauthorized"):
        await read(wrong, "five years?")


def test_a_wrong_key_still_gives_a_quoted_answer(employee: User, leave: Document, vllm_server: VllmServer) -> None:
    wrong = OpenAICompatibleModel(base_url=vllm_server.base_url, name=vllm_server.model, api_key="wrong")
    answer = ask(QUESTION, user=employee, means=means(wrong))
    assert (answer.outcome, answer.model, answer.fallback) == (Outcome.ANSWERED, "extractive", "model_unauthorized")


def test_hanging_up_stops_the_generation_in_the_server(model: OpenAICompatibleModel, vllm_server: VllmServer) -> None:
    async def hang_up_after_some_words() -> None:
        async with aclosing(model.stream(prompt("go on endlessly"), options=replace(OPTIONS, max_tokens=3500))) as deltas:
            count = 0
            async for _delta in deltas:
                count += 1
                if count == 20:
                    break

    before = vllm_server.metric(TOKENS)
    async_to_sync(hang_up_after_some_words)()
    time.sleep(1)
    stopped = vllm_server.metric(TOKENS)
    time.sleep(1)
    # The server counts a step behind what it sends; all 3,500 tokens would take it seconds more.
    assert 10 <= stopped - before < 2000
    assert vllm_server.metric(TOKENS) == stopped


async def test_sixteen_streams_at_once_each_get_their_own_answer(model: OpenAICompatibleModel) -> None:
    answers = await asyncio.gather(*(read(model, "five years?" if number % 2 else "twenty years?") for number in range(16)))
    texts = ["".join(delta.text for delta in deltas) for deltas in answers]
    assert texts == [f"{EIGHT_HOURS} [7]", f"{SIX_HOURS} [1] {EIGHT_HOURS} [1]"] * 8
