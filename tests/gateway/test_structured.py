"""Answers as JSON schema: sentences leave while it is still being written, and one repair is asked for."""

import json
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from audit.models import Event
from chat.flow.events import Progress
from chat.flow.question import answer_question
from chat.flow.running import ask
from chat.flow.writing.prompting import DECLINES, load_template, write_messages
from chat.types import Outcome
from gateway import errors
from gateway.layers.structured import SCHEMA, SentenceReader, StructuredModel, check_answer
from gateway.ports import Delta, GenerationOptions, Message, Usage
from kb.models import Collection, Document
from tests.chat.library import LEAVE, QUESTION, SIX_HOURS, ScriptedModel, add_document, asked_by
from tests.gateway.fake_server import FakeServer
from tests.gateway.served_models import dependencies_over_rows, serve

OPTIONS = GenerationOptions(max_tokens=200, first_token_timeout_s=5, total_timeout_s=10)
EIGHT_HOURS = "Employees with more than fifteen years of service earn 8 hours of annual leave per pay period."


def answer_of(*sentences: tuple[str, list[int]]) -> str:
    return json.dumps({"sentences": [{"text": text, "sources": sources} for text, sources in sentences]}, ensure_ascii=False)


class JsonModel(ScriptedModel):
    """Says one output after the other, mark by mark."""

    def __init__(self, *outputs: str, finish: str = "stop") -> None:
        super().__init__("", finish=finish)
        self.outputs = list(outputs)
        self.asked: list[Sequence[Message]] = []
        self.extras: list[Any] = []

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> Any:
        self.asked.append(messages)
        self.extras.append(options.extra)
        for mark in self.outputs.pop(0):
            yield Delta(text=mark)
        yield Delta(finish_reason=self.finish, usage=Usage(prompt_tokens=10, completion_tokens=5))


async def read(model: JsonModel) -> tuple[list[Delta], StructuredModel]:
    structured = StructuredModel(model)
    async with aclosing(structured.stream((Message(role="user", content="q"),), options=OPTIONS)) as deltas:
        return [delta async for delta in deltas], structured


def texts(deltas: list[Delta]) -> list[str]:
    return [delta.text for delta in deltas if delta.text]


def test_each_sentence_leaves_with_the_bracket_that_closes_it() -> None:
    reader, output = SentenceReader(), answer_of(('Six {hours} "so" [x].', [1, 2, 1]), ("年假十天。", [3]), ("None.", []))
    found = {place: sentence for place, mark in enumerate(output) if (sentence := "".join(reader.feed(mark)))}
    assert list(found.values()) == ['Six {hours} "so" [x].[1][2]', "年假十天。[3]", "None."]
    assert all(output[place] == "}" for place in found)


async def test_it_asks_by_the_schema_and_yields_markers() -> None:
    model = JsonModel(answer_of(("Six hours.", [1]), ("Eight hours.", [2, 3]), ("十天。", [1]), ("二十天。", [])))
    deltas, _structured = await read(model)
    assert texts(deltas) == ["Six hours.[1]", " Eight hours.[2][3]", " 十天。[1]", "二十天。"]
    assert all(delta.is_sentence_end for delta in deltas if delta.text)
    assert model.extras[0]["response_format"]["json_schema"]["schema"] == SCHEMA
    assert deltas[-1].finish_reason == "stop"


@pytest.mark.parametrize(
    "output",
    [
        "Six hours are earned.",
        '{"sentences": [{"text": "Six hours."}]}',
        '{"sentences": [{"text": "Six hours.", "sources": ["1"]}]}',
        '{"sentences": []}',
        '{"answer": "Six"}',
        '{"sentences": [{"text": "Six hours.", "sources": [1]}',
    ],
)
async def test_what_is_not_by_the_schema_is_repaired_once(output: str) -> None:
    assert check_answer(output)
    model = JsonModel(output, answer_of(("Six hours.", [1]), ("Eight hours.", [1])))
    deltas, structured = await read(model)
    assert "".join(texts(deltas)) == "Six hours.[1] Eight hours.[1]"
    assert len(structured.problems) == 1
    assert [message.role for message in model.asked[1]] == ["user", "assistant", "user"]
    assert model.asked[1][1].content == output
    assert deltas[-1].usage == Usage(prompt_tokens=20, completion_tokens=10)


async def test_a_second_time_it_is_an_error_unless_a_sentence_was_sent() -> None:
    with pytest.raises(errors.ModelBroken, match="no JSON"):
        await read(JsonModel("no", "no again"))
    cut = answer_of(("Six hours.", [1]))[:-1]
    deltas, _structured = await read(JsonModel(cut, cut))
    assert texts(deltas) == ["Six hours.[1]"]


async def test_an_answer_cut_by_the_token_limit_keeps_its_whole_sentences() -> None:
    model = JsonModel(answer_of(("Six hours.", [1]), ("Eight hours.", [1]))[:-20], finish="length")
    deltas, structured = await read(model)
    assert texts(deltas) == ["Six hours.[1]"]
    assert structured.problems == []


def test_its_rules_have_templates_of_their_own() -> None:
    for language in ("en", "zh"):
        system, _user = write_messages("q", (), language=language, style="structured")
        assert '{"sentences": [{"text": ' in system.content
        assert DECLINES[language] in system.content
        assert load_template(language, "structured").digest != load_template(language).digest
    assert load_template("en", "structured").name == "structured.en"


@pytest.fixture
def leave(collection: Collection) -> Document:
    collection.sufficiency_threshold = 0.0
    collection.save()
    return add_document(collection, "leave.md", LEAVE)


def test_a_structured_answer_is_verified_like_any_other(employee: User, leave: Document, fake_server: FakeServer) -> None:
    serve(fake_server, "choppy", style="structured")
    fake_server.text = answer_of(
        (SIX_HOURS, [1]), ("Employees earn 9 hours of annual leave per pay period.", [1]), (EIGHT_HOURS, [7])
    )
    seen: list[int] = []

    def note(event: Any) -> None:
        if isinstance(event, Progress):
            seen.append(len(event.answer.sentences))

    answer = async_to_sync(answer_question)(asked_by(employee), compose=dependencies_over_rows, emit=note)
    assert answer.text == f"{SIX_HOURS}[1] {EIGHT_HOURS}[2]"
    assert (answer.withheld, seen) == (1, [1, 2])
    payload = json.loads(Event.objects.get(uid=answer.receipt).payload.body)["payload"]
    assert payload["prompt"]["template"] == "structured.en"
    assert payload["model"]["attempts"][0]["structure"] == {"repairs": 0, "problems": []}


def test_its_decline_is_a_refusal(employee: User, leave: Document, fake_server: FakeServer) -> None:
    serve(fake_server, style="structured")
    fake_server.text = answer_of((DECLINES["en"], []))
    answer = ask(QUESTION, user=employee, dependencies=dependencies_over_rows())
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "model_declined")
