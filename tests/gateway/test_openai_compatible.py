"""The OpenAI-compatible adapter against every dialect that was seen, and every error that httpx has."""

import inspect
import socket
import time
from contextlib import aclosing

import httpx
import pytest

from bench.harness.patience import PATIENCE_S
from chat import errors
from gateway import errors as model_errors
from gateway.layers.event_stream import EventReader
from gateway.layers.openai_compatible import OpenAICompatibleModel
from gateway.layers.translate import error_of_exception, error_of_response, message_of_body
from gateway.ports import Delta, GenerationOptions, Message, TokenCount, Usage
from tests.gateway.fake_server import FakeServer

PROMPT = (Message(role="system", content="Be brief."), Message(role="user", content="How many hours?"))


def options(*, first: float = 5.0, total: float = 10.0) -> GenerationOptions:
    return GenerationOptions(max_tokens=50, first_token_timeout_s=first, total_timeout_s=total)


async def read(fake: FakeServer, dialect: str, *, key: str = "", first: float = 5.0, total: float = 10.0) -> list[Delta]:
    model = OpenAICompatibleModel(base_url=fake.base_url, name=dialect, api_key=key)
    async with aclosing(model.stream(PROMPT, options=options(first=first, total=total))) as deltas:
        return [delta async for delta in deltas]


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


@pytest.mark.parametrize("dialect", ["plain", "without-done", "choppy", "unstreamed", "chatty"])
async def test_it_reads_the_whole_text_in_each_dialect(fake_server: FakeServer, dialect: str) -> None:
    fake_server.text = "年假是 6 小时 [1]。 That is all 🙂."
    assert text_of(await read(fake_server, dialect)) == fake_server.text


async def test_it_reads_usage_from_the_event_without_choices(fake_server: FakeServer) -> None:
    deltas = await read(fake_server, "plain")
    assert [delta.usage for delta in deltas if delta.usage] == [Usage(prompt_tokens=12, completion_tokens=3, cached_tokens=8)]
    assert [delta.finish_reason for delta in deltas if delta.finish_reason] == ["stop"]


async def test_it_sends_the_prompt_the_key_and_max_tokens(fake_server: FakeServer) -> None:
    await read(fake_server, "plain", key="s3cret")
    request = fake_server.requests[0]
    assert "Authorization: Bearer s3cret" in request["head"]
    assert request["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How many hours?"}]
    assert (request["max_tokens"], request["temperature"], request["stream"]) == (50, 0.0, True)
    assert request["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("dialect", "error"),
    [
        ("unauthorized", model_errors.ModelUnauthorized),
        ("overflow", model_errors.ContextOverflow),
        ("unknown-model", model_errors.ModelRejected),
        ("busy", model_errors.ModelBusy),
        ("fault", model_errors.ModelFaulty),
        ("error-event", model_errors.ModelFaulty),
        ("empty", model_errors.ModelSilent),
        ("not-events", model_errors.ModelBroken),
        ("breaking", model_errors.ModelBroken),
        ("late-overflow", model_errors.ContextOverflow),
        ("late-busy", model_errors.ModelBusy),
        ("bare-error", model_errors.ModelFaulty),
    ],
)
async def test_it_names_what_went_wrong(fake_server: FakeServer, dialect: str, error: type[model_errors.ModelError]) -> None:
    with pytest.raises(model_errors.ModelError) as caught:
        await read(fake_server, dialect)
    assert type(caught.value) is error


async def test_an_error_keeps_what_the_server_said(fake_server: FakeServer) -> None:
    with pytest.raises(model_errors.ContextOverflow, match="maximum context length is 100 tokens"):
        await read(fake_server, "overflow")


@pytest.mark.parametrize("dialect", ["slow-first", "stalling"])
async def test_it_gives_up_on_silence(fake_server: FakeServer, dialect: str) -> None:
    start = time.monotonic()
    with pytest.raises(model_errors.ModelTimeout):
        await read(fake_server, dialect, first=0.2)
    assert 0.15 < time.monotonic() - start < 30  # the server is silent for a minute
    assert fake_server.hung_up.wait(PATIENCE_S)


async def test_it_gives_up_after_the_total_time(fake_server: FakeServer) -> None:
    with pytest.raises(model_errors.ModelTimeout):
        await read(fake_server, "endless", total=0.3)
    assert fake_server.hung_up.wait(PATIENCE_S)


async def test_closing_the_iterator_closes_the_connection_at_once(fake_server: FakeServer) -> None:
    model = OpenAICompatibleModel(base_url=fake_server.base_url, name="endless")
    async with aclosing(model.stream(PROMPT, options=options())) as deltas:
        async for delta in deltas:
            assert delta.text == "Six"
            break
    assert fake_server.hung_up.wait(PATIENCE_S)


async def test_a_dead_server_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        model = OpenAICompatibleModel(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1", name="any")
        with pytest.raises(model_errors.ModelUnreachable):
            await anext(model.stream(PROMPT, options=options()))


async def test_lone_surrogates_and_nul_do_not_reach_the_database(fake_server: FakeServer) -> None:
    fake_server.text = "a\0b\ud800c"
    assert text_of(await read(fake_server, "plain")) == "ab\ufffdc"


async def test_tokens_are_not_counted_where_the_server_does_not_count(fake_server: FakeServer) -> None:
    model = OpenAICompatibleModel(base_url=fake_server.base_url, name="plain")
    assert await model.count_tokens(PROMPT) is None


def exceptions_of_httpx() -> list[type[Exception]]:
    found = [thing for _name, thing in inspect.getmembers(httpx, inspect.isclass) if issubclass(thing, Exception)]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("kind", exceptions_of_httpx(), ids=lambda kind: kind.__name__)
async def test_every_exception_of_httpx_becomes_a_model_error(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "told")
    assert isinstance(error_of_exception(error), model_errors.ModelError)

    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    model = OpenAICompatibleModel(base_url="http://model.test/v1", name="any", transport=httpx.MockTransport(fail))
    with pytest.raises(model_errors.ModelError):
        await anext(model.stream(PROMPT, options=options()))


def test_every_status_but_200_becomes_a_model_error() -> None:
    for status in range(300, 600):
        error = error_of_response(status, b"")
        assert isinstance(error, model_errors.ModelError)
        assert isinstance(error, model_errors.ModelFaulty) == (status >= 500 and status != 503)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "too long", "code": 400}}', "too long"),
        (b'{"error": "Unauthorized"}', "Unauthorized"),
        (b'{"detail": "Not Found"}', "Not Found"),
        (b"[1, 2]", "[1, 2]"),
        (b"<html>", "<html>"),
        (b"\xff", "\ufffd"),
    ],
)
def test_message_of_body_reads_every_shape(body: bytes, message: str) -> None:
    assert message_of_body(body) == message


def test_event_reader_joins_lines_and_skips_comments_names_and_carriage_returns() -> None:
    reader = EventReader()
    assert reader.feed(b": hello\r\nevent: x\r\nda") == []
    assert reader.feed(b"ta: one\r\ndata:two\r\n\r\ndata: three\n") == [b"one\ntwo"]
    assert reader.close() == [b"three"]


def test_codes_of_errors_are_unique() -> None:
    codes = [error.code for error in (*errors._tree(errors.ChatError), *errors._tree(model_errors.ModelError))]
    assert len(codes) == len(set(codes)) == 22


def answer_as(replies: dict[str, tuple[int, object]]) -> httpx.MockTransport:
    """Answer by path; a llama.cpp whose `/tokenize` knows texts alone is `{"tokens"}` for any body."""

    def answer(request: httpx.Request) -> httpx.Response:
        status, body = replies.get(request.url.path, (404, {}))
        return httpx.Response(status, json=body)

    return httpx.MockTransport(answer)


@pytest.mark.parametrize(
    ("replies", "counted"),
    [
        ({"/tokenize": (200, {"count": 31, "max_model_len": 4096})}, TokenCount(tokens=31, context=4096)),
        (
            {
                "/tokenize": (200, {"tokens": [1, 2, 3]}),
                "/apply-template": (200, {"prompt": "<s>How many hours?"}),
                "/props": (200, {"default_generation_settings": {"n_ctx": 2048}}),
            },
            TokenCount(tokens=3, context=2048),
        ),
        (
            {"/tokenize": (200, {"tokens": [1, 2]}), "/apply-template": (200, {"prompt": "How?"})},
            TokenCount(tokens=2, context=None),
        ),
        ({"/tokenize": (200, {"tokens": []})}, None),
        ({"/tokenize": (200, ["?"])}, None),
        ({}, None),
    ],
    ids=["vllm", "llama.cpp", "without-props", "without-template", "nonsense", "none"],
)
async def test_prompts_are_counted_by_the_tokenizer_that_the_server_has(replies: dict, counted: TokenCount | None) -> None:
    model = OpenAICompatibleModel(base_url="http://model.test/v1", name="any", transport=answer_as(replies))
    assert await model.count_tokens(PROMPT) == counted
