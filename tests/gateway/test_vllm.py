"""Answers from a real vLLM: its bytes, its tokenizer, its errors, that it stops when nobody reads; then behind the gateway: routes,
a canary, an adapter, structured output, overflow, prefix cache.

All in one file, since each test process starts a server of its own, and its counters are read.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from audit.models import Event
from bench.harness.patience import PATIENCE_S
from chat.flow.dependencies import AnswerDependencies
from chat.flow.events import Progress
from chat.flow.question import answer_question
from chat.flow.running import ask
from chat.flow.writing.prompting import fit_prompt
from chat.types import Answer, Outcome, VerdictKind
from gateway import errors
from gateway.layers.openai_compatible import OpenAICompatibleModel
from gateway.models import ModelCall, ServedModel
from gateway.ports import Delta, GenerationOptions, Message, Request, Routed, TokenCount
from gateway.queue.breaker import BreakerState
from gateway.queue.calls import read_breaker
from gateway.routing.row_gateway import RowChoice
from kb.models import Collection, Document
from tests.chat.library import LEAVE, QUESTION, add_document, asked_by, dependencies_with, search
from tests.chat.test_prompting import evidence
from tests.gateway.served_models import dependencies_over_rows, lay_route, route
from tests.vllm_server import ADAPTER, EIGHT_HOURS, INVENTED, NINE_HOURS, SECOND_NAME, SIX_HOURS, TEN_DAYS, VllmServer

pytestmark = pytest.mark.vllm

OPTIONS = GenerationOptions(max_tokens=300, first_token_timeout_s=20, total_timeout_s=60)
TOKENS = "vllm:generation_tokens_total"
QUESTIONS = {words: QUESTION.replace("five years", words) for words in ("four years", "six years", "seven years", "eight years")}


def wait_until_it_stands(server: VllmServer) -> float:
    """Return how many tokens the server has made, once it makes no more: twice the same, with a second between."""
    deadline = time.monotonic() + PATIENCE_S
    made = server.metric(TOKENS)
    while True:
        time.sleep(1)
        before, made = made, server.metric(TOKENS)
        if made == before:
            return made
        assert time.monotonic() < deadline, "it goes on"


@pytest.fixture
def model(vllm_server: VllmServer) -> OpenAICompatibleModel:
    return OpenAICompatibleModel(base_url=vllm_server.base_url, name=vllm_server.model, api_key=vllm_server.api_key)


@pytest.fixture
def leave(collection: Collection) -> Document:
    collection.sufficiency_threshold = 0.0  # the model's words are the subject here
    collection.save()
    return add_document(collection, "leave.md", LEAVE)


def dependencies(model: OpenAICompatibleModel, **changes: Any) -> AnswerDependencies:
    return dependencies_with(model, options=OPTIONS, **changes)


def prompt(text: str) -> list[Message]:
    return [Message(role="system", content="Be brief."), Message(role="user", content=text)]


async def read(model: OpenAICompatibleModel, text: str, options: GenerationOptions = OPTIONS) -> list[Delta]:
    async with aclosing(model.stream(prompt(text), options=options)) as deltas:
        return [delta async for delta in deltas]


def test_a_streamed_answer_becomes_verified_citations(employee: User, leave: Document, model: OpenAICompatibleModel) -> None:
    answer = ask(QUESTION, user=employee, dependencies=dependencies(model))
    assert (answer.outcome, answer.model, answer.fallback) == (Outcome.ANSWERED, "tiny", "")
    assert answer.text == f"{SIX_HOURS}[1] {EIGHT_HOURS}[2]"
    assert [citation.quote for citation in answer.citations] == [SIX_HOURS, EIGHT_HOURS]
    assert {citation.place.document for citation in answer.citations} == {"leave.md"}


def test_a_wrong_number_is_withheld_and_the_rest_is_shown(employee: User, leave: Document, model: OpenAICompatibleModel) -> None:
    answer = ask("How many hours do employees with ten years of service earn?", user=employee, dependencies=dependencies(model))
    assert answer.text == f"{EIGHT_HOURS}[1]"
    assert answer.withheld == 1
    assert NINE_HOURS not in str(answer.as_dict())


def test_a_wrong_marker_is_put_right(employee: User, leave: Document, model: OpenAICompatibleModel) -> None:
    answer = ask("How many hours do employees with twenty years of service earn?", user=employee, dependencies=dependencies(model))
    (sentence,) = answer.sentences
    assert (sentence.text, sentence.verdict.kind, sentence.verdict.reason) == (EIGHT_HOURS, VerdictKind.CORRECTED, "bad_marker")


def test_the_models_own_decline_is_a_refusal(employee: User, leave: Document, model: OpenAICompatibleModel) -> None:
    answer = ask("How many employees have annual leave?", user=employee, dependencies=dependencies(model))
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "model_declined")


def test_chinese_comes_through_whole(employee: User, collection: Collection, model: OpenAICompatibleModel) -> None:
    collection.sufficiency_threshold = 0.0
    collection.save()
    add_document(collection, "假期.md", f"{TEN_DAYS}。")
    found = dependencies(model, search=lambda _question, **given: search(TEN_DAYS, **given))
    answer = ask("工龄五年有几天年假？", user=employee, dependencies=found)
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
    answer = ask(QUESTION, user=employee, dependencies=dependencies(wrong))
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
    stopped = wait_until_it_stands(vllm_server)
    # The server counts a step behind what it sends; all 3,500 tokens would take it seconds more.
    assert 10 <= stopped - before < 2000


async def test_sixteen_streams_at_once_each_get_their_own_answer(model: OpenAICompatibleModel) -> None:
    answers = await asyncio.gather(*(read(model, "five years?" if number % 2 else "twenty years?") for number in range(16)))
    texts = ["".join(delta.text for delta in deltas) for deltas in answers]
    assert texts == [f"{EIGHT_HOURS} [7]", f"{SIX_HOURS} [1] {EIGHT_HOURS} [1]"] * 8


def keep(server: VllmServer, name: str = "tiny", **changes: Any) -> ServedModel:
    given = {"name": name, "base_url": server.base_url, "served_name": server.model, "first_token_timeout_s": 20}
    row = ServedModel(**given | {"max_answer_tokens": 300, "context_tokens": 4096} | changes)
    row.set_key(server.api_key)
    row.save()
    return row


def payload_of(answer: Answer) -> dict[str, Any]:
    return json.loads(Event.objects.get(uid=answer.receipt).payload.body)["payload"]


def attempts_of(answer: Answer) -> list[dict[str, Any]]:
    return payload_of(answer)["model"]["attempts"]


class Uncounted(OpenAICompatibleModel):
    """Its server does not count prompts."""

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        return None


class UncountedGateway:
    def __init__(self, row: ServedModel) -> None:
        self.row = row

    async def route(self, request: Request) -> Routed:
        served = Uncounted(base_url=self.row.base_url, name=self.row.served_name, api_key=self.row.read_key())
        return Routed(choices=(RowChoice(self.row, model=served),))


async def read_row(choice: RowChoice, text: str) -> list[Delta]:
    messages = (Message(role="user", content=text),)
    async with aclosing(choice.model.stream(messages, options=choice.options)) as deltas:
        return [delta async for delta in deltas]


def test_an_invented_clause_is_withheld(employee: User, leave: Document, vllm_server: VllmServer) -> None:
    keep(vllm_server)
    answer = ask(QUESTIONS["four years"], user=employee, dependencies=dependencies_over_rows())
    assert (answer.text, answer.withheld) == (f"{EIGHT_HOURS}[1]", 1)
    assert INVENTED not in json.dumps(answer.as_dict())


def test_a_sentence_without_a_marker_gets_the_one_that_it_earned(employee: User, leave: Document, vllm_server: VllmServer) -> None:
    keep(vllm_server)
    answer = ask(QUESTIONS["six years"], user=employee, dependencies=dependencies_over_rows())
    assert answer.text == f"{SIX_HOURS}[1]"
    assert [sentence.verdict.reason for sentence in answer.sentences] == ["no_marker"]


def test_an_injected_link_is_withheld(employee: User, leave: Document, vllm_server: VllmServer) -> None:
    keep(vllm_server)
    answer = ask(QUESTIONS["seven years"], user=employee, dependencies=dependencies_over_rows())
    assert (answer.text, answer.withheld) == (f"{SIX_HOURS}[1]", 1)
    assert "evil.example" not in json.dumps(answer.as_dict())


def test_structured_output_streams_its_sentences_and_each_is_verified(
    employee: User, leave: Document, vllm_server: VllmServer
) -> None:
    keep(vllm_server, style="structured")
    shown: list[str] = []

    def note(event: Any) -> None:
        if isinstance(event, Progress):
            shown.append(event.answer.text)

    asked = asked_by(employee, QUESTIONS["eight years"])
    answer = async_to_sync(answer_question)(asked, compose=dependencies_over_rows, emit=note)
    assert (answer.text, answer.withheld, shown) == (f"{SIX_HOURS}[1]", 1, [f"{SIX_HOURS}[1]"])
    assert NINE_HOURS not in json.dumps(answer.as_dict())
    (attempt,) = attempts_of(answer)
    assert (attempt["style"], attempt["structure"]["repairs"]) == ("structured", 0)
    assert attempt["calls"][0]["usage"]["completion_tokens"] > 20


def test_the_server_holds_a_model_to_the_schema(db: None, vllm_server: VllmServer) -> None:
    """Left alone, the model says plain sentences to this."""
    row = keep(vllm_server, style="structured")
    choice = RowChoice(row)
    text = "".join(delta.text for delta in async_to_sync(read_row)(choice, "five years?"))
    assert choice.report()["structure"] == {"repairs": 0, "problems": []}
    assert text.startswith(SIX_HOURS)


def test_an_adapter_is_a_model_of_its_own(db: None, vllm_server: VllmServer) -> None:
    base, adapted = keep(vllm_server), keep(vllm_server, "adapted", lora_name=ADAPTER)
    answers = {
        row.name: "".join(delta.text for delta in async_to_sync(read_row)(RowChoice(row), "five years?")) for row in (base, adapted)
    }
    assert answers == {"tiny": f"{SIX_HOURS} [1] {EIGHT_HOURS} [1]", "adapted": f"{EIGHT_HOURS} [7]"}


def test_two_models_share_a_route_and_a_canary_keeps_its_conversations(db: None, vllm_server: VllmServer) -> None:
    stable, canary = keep(vllm_server), keep(vllm_server, "canary", served_name=SECOND_NAME)
    chinese = keep(vllm_server, "chinese", lora_name=ADAPTER)
    lay_route(chinese, name="chinese", language="zh", position=1)
    lay_route(stable, name="english", canary=canary, canary_percent=25, position=2)

    def first(number: int, language: str = "en") -> RowChoice:
        request = {"question": "five years?", "conversation": f"c{number}", "language": language}
        return route(**request).choices[0]

    names = [first(number).report()["row"] for number in range(80)]
    assert 8 <= names.count("canary") <= 32
    assert names == [first(number).report()["row"] for number in range(80)]
    asked = [first(names.index("canary")), first(names.index("tiny")), first(0, "zh")]
    texts = ["".join(delta.text for delta in async_to_sync(read_row)(choice, "twenty years?")) for choice in asked]
    assert texts == [f"{EIGHT_HOURS} [7]"] * 3
    assert [choice.report()["model"] for choice in asked] == [SECOND_NAME, "tiny", ADAPTER]
    assert [row.calls.count() for row in (canary, stable, chinese)] == [1, 1, 1]


def test_an_overflow_is_answered_with_less_evidence(employee: User, collection: Collection, vllm_server: VllmServer) -> None:
    """The row claims more than the server has, and its tokenizer is unavailable: it refuses, and is asked once more with half."""
    collection.sufficiency_threshold = 0.0
    collection.save()
    for number in range(8):
        words = " ".join(f"service{number}x{word}" for word in range(140))
        add_document(collection, f"leave-{number}.md", f"{LEAVE} {words}")
    row = keep(vllm_server, context_tokens=100_000)
    answer = ask(QUESTION, user=employee, dependencies=dependencies_over_rows(gateway=UncountedGateway(row)))
    assert (answer.outcome, answer.model, answer.fallback) == (Outcome.ANSWERED, "tiny", "")
    assert [call["outcome"] for call in attempts_of(answer)[0]["calls"]] == ["context_overflow", "done"]
    assert len(payload_of(answer)["prompt"]["markers"]) < len(payload_of(answer)["evidence"])
    assert read_breaker(row).state == BreakerState.CLOSED


def test_the_prefix_cache_hits_across_questions(employee: User, leave: Document, vllm_server: VllmServer) -> None:
    """The rules stand first and are the same for every question: the server computes them once."""
    keep(vllm_server)
    ask(QUESTION, user=employee, dependencies=dependencies_over_rows())
    before = {name: vllm_server.metric(f"vllm:prefix_cache_{name}_total") for name in ("hits", "queries")}
    answer = ask(QUESTIONS["four years"], user=employee, dependencies=dependencies_over_rows())
    after = {name: vllm_server.metric(f"vllm:prefix_cache_{name}_total") for name in ("hits", "queries")}
    usage = attempts_of(answer)[0]["calls"][0]["usage"]
    assert usage["cached_tokens"] >= 128
    assert after["hits"] - before["hits"] == usage["cached_tokens"]
    assert (after["hits"] - before["hits"]) / (after["queries"] - before["queries"]) > 0.3


def test_stopping_the_answer_stops_the_generation(employee: User, leave: Document, vllm_server: VllmServer) -> None:
    row = keep(vllm_server, max_answer_tokens=3000)

    async def ask_and_go() -> None:
        choice = RowChoice(row)
        stream = choice.model.stream((Message(role="user", content="go on endlessly"),), options=choice.options)
        async with aclosing(stream) as deltas:
            await anext(deltas)

    before = vllm_server.metric(TOKENS)
    async_to_sync(ask_and_go)()
    stopped = wait_until_it_stands(vllm_server)
    assert stopped - before < 2000
    assert row.calls.get().state == ModelCall.State.ENDED


def test_sixteen_streams_at_once_with_eight_places(db: None, vllm_server: VllmServer) -> None:
    row = keep(vllm_server, max_concurrent=8)

    async def together() -> list[list[Delta]]:
        return await asyncio.gather(*(read_row(RowChoice(row, user=str(number)), "five years?") for number in range(16)))

    texts = {"".join(delta.text for delta in deltas) for deltas in async_to_sync(together)()}
    assert texts == {f"{SIX_HOURS} [1] {EIGHT_HOURS} [1]"}
    assert row.calls.filter(state=ModelCall.State.DONE).count() == 16


def test_a_wrong_key_opens_the_breaker_and_the_answer_is_quoted(employee: User, leave: Document, vllm_server: VllmServer) -> None:
    row = keep(vllm_server)
    row.set_key("wrong")
    row.save()
    codes = [ask(QUESTION, user=employee, dependencies=dependencies_over_rows()).fallback for _ in range(4)]
    assert codes == ["model_unauthorized"] * 3 + ["model_suspended"]
