"""Encoders and rerankers behind HTTP: their dialects, their faults, and a real vLLM."""

import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from bench.harness.patience import end_server
from retrieval.encoding.opening import ENGLISH, open_encoder
from retrieval.errors import EncoderError
from retrieval.remote.embeddings import RemoteEncoder
from retrieval.remote.rerank import RemoteReranker
from retrieval.remote.server import Server, is_remote
from tests.vllm_server import VENV, environment, wait_until_ready

SERVER = Server(url="http://127.0.0.1:9/v1", model="org/tiny", key="k3y")
PASSAGES = [
    "Parking permits cost twenty dollars a month.",
    "You earn six hours of annual leave per pay period.",
    "The canteen opens at noon.",
]


def answering(answer: Callable[[dict[str, Any]], Any], *, seen: list[httpx.Request] | None = None) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        reply = answer(json.loads(request.content) if request.content else {})
        return reply if isinstance(reply, httpx.Response) else httpx.Response(200, json=reply)

    return httpx.MockTransport(handle)


def by_length(given: dict[str, Any]) -> Any:
    """Embeddings in reversed order, as a server may send them."""
    rows = [
        {"index": number, "embedding": [3.0 * len(text), 4.0 * len(text)]} for number, text in enumerate(given.get("input", []))
    ]
    return {"data": rows[::-1]}


# --- settings ----------------------------------------------------------------------------------------------------------


def test_a_setting_names_server_and_model_and_hides_the_key() -> None:
    server = Server.from_setting("https://models.example/v1/#BAAI%2Fbge-m3", key="k3y")
    assert (server.url, server.model) == ("https://models.example/v1", "BAAI/bge-m3")
    assert "k3y" not in repr(server)
    assert (is_remote("https://x"), is_remote("bundled"), is_remote("models/http")) == (True, False, False)
    with pytest.raises(EncoderError, match="needs the name of its model"):
        Server.from_setting("http://models.example/v1", key="")


# --- embeddings --------------------------------------------------------------------------------------------------------


def test_vectors_come_as_unit_vectors_in_the_order_of_the_texts_and_in_batches() -> None:
    seen: list[httpx.Request] = []
    encoder = RemoteEncoder(SERVER, transport=answering(by_length, seen=seen))
    embedded = encoder.embed_passages([f"text {number}" for number in range(150)])
    assert [len(json.loads(request.content)["input"]) for request in seen if request.method == "POST"] == [64, 64, 22]
    assert all(np.frombuffer(one.dense, "<f4") == pytest.approx([0.6, 0.8]) for one in embedded)
    assert (encoder.dimension, embedded[0].tokens, encoder.projection, encoder.unknown_share("任何")) == (2, b"", None, 0.0)
    assert {request.headers["Authorization"] for request in seen} == {"Bearer k3y"}


def test_a_question_is_asked_for_once() -> None:
    seen: list[httpx.Request] = []
    encoder = RemoteEncoder(SERVER, transport=answering(by_length, seen=seen))
    assert encoder.embed_query("leave") == encoder.embed_query("leave")
    assert len([request for request in seen if request.method == "POST"]) == 1


def test_the_fingerprint_is_the_models_and_asks_nobody() -> None:
    def refuse(given: dict[str, Any]) -> Any:
        raise AssertionError

    here = RemoteEncoder(SERVER, transport=answering(refuse))
    elsewhere = RemoteEncoder(Server(url="http://127.0.0.1:10/v1", model="org/tiny"), transport=answering(refuse))
    other = RemoteEncoder(Server(url=SERVER.url, model="org-tiny"), transport=answering(refuse))
    assert here.fingerprint == elsewhere.fingerprint != other.fingerprint
    assert len(here.fingerprint) <= 80


def test_a_text_is_cut_to_what_the_server_reads() -> None:
    seen: list[httpx.Request] = []
    encoder = RemoteEncoder(SERVER, transport=answering(by_length, seen=seen))
    assert encoder.max_tokens == 510
    encoder.embed_passages(["a" * 9000, "年" * 9000, "short 年"])
    sent = json.loads(seen[-1].content)["input"]
    assert [len(text) for text in sent] == [1530, 510, 7]
    assert all(tokens <= 510 for tokens in encoder.count_tokens(sent))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(401, text="wrong key"), "refused with 401: wrong key"),
        (httpx.Response(200, text="<html>"), "something else than JSON"),
        ({"data": [{"index": 0}]}, "cannot be read"),
        ({"data": []}, "1 texts were sent"),
        ({"data": [{"index": 0, "embedding": ["NaN"]}]}, "holds no numbers"),
        (httpx.Response(503, text="loading"), "refused with 503"),
    ],
)
def test_a_fault_of_the_server_is_an_encoders_error(answer: Any, said: str) -> None:
    with pytest.raises(EncoderError, match=said):
        RemoteEncoder(SERVER, transport=answering(lambda given: answer)).embed_query("leave")


def test_a_server_that_is_unavailable_is_reported_and_one_that_is_busy_is_asked_again() -> None:
    with pytest.raises(EncoderError, match=r"http://127\.0\.0\.1:9/v1 does not answer"):
        RemoteEncoder(SERVER).embed_query("leave")
    answers = iter([httpx.Response(503), httpx.Response(429), httpx.Response(200, json=by_length({"input": ["leave"]}))])
    assert RemoteEncoder(SERVER, transport=answering(lambda given: next(answers))).embed_query("leave").dense


# --- rerank ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]},  # vLLM, Jina, Cohere
        [{"index": 1, "score": 0.9}, {"index": 0, "score": 0.1}],  # TEI
    ],
)
def test_both_dialects_of_rerank_are_read(answer: Any) -> None:
    seen: list[httpx.Request] = []
    reranker = RemoteReranker(SERVER, transport=answering(lambda given: answer, seen=seen))
    assert reranker.score("leave", ["a", "b", "c"]) == [0.1, 0.9, None]
    sent = json.loads(seen[0].content)
    assert sent["documents"] == sent["texts"] == ["a", "b", "c"]
    assert (reranker.score("leave", []), len(seen)) == ([], 1)


@pytest.mark.parametrize("answer", [{"results": None}, [{"index": 9, "score": 1}], {"data": 1}, [{"index": 0}]])
def test_scores_that_cannot_be_read_are_an_error(answer: Any) -> None:
    with pytest.raises(EncoderError, match="cannot be read"):
        RemoteReranker(SERVER, transport=answering(lambda given: answer)).score("leave", ["a"])


# --- a real server -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pooling_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """vLLM serving the bundled encoder: vectors under /v1/embeddings, scores under /rerank."""
    if os.environ.get("SKIP_VLLM") == "1" or not (VENV / "bin" / "vllm").exists():
        pytest.skip("NO REAL MODEL SERVER: SKIP_VLLM=1, or .venv-vllm is missing; run scripts/install_vllm_cpu")
    folder = open_encoder(ENGLISH).folder
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(VENV / "bin" / "vllm"), "serve", str(folder), "--runner", "pooling", "--served-model-name", "mini"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--distributed-executor-backend", "uni", "--enforce-eager"]
    path = tmp_path_factory.mktemp("pooling") / "log"
    with path.open("wb") as log:
        server = subprocess.Popen(command, env=environment(), stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_ready(server, port, path)
            yield f"http://127.0.0.1:{port}"
        finally:
            end_server(server)


@pytest.mark.vllm
def test_vllm_gives_the_vectors_that_the_encoder_gives_here(pooling_server: str) -> None:
    encoder = RemoteEncoder(Server.from_setting(f"{pooling_server}/v1#mini", key=""))
    assert (encoder.dimension, encoder.max_tokens) == (384, 254)
    for here, there in zip(open_encoder(ENGLISH).embed_passages(PASSAGES), encoder.embed_passages(PASSAGES), strict=True):
        assert np.frombuffer(here.dense, "<f4") @ np.frombuffer(there.dense, "<f4") > 0.99
    query = np.frombuffer(encoder.embed_query("How much leave do I earn?").dense, "<f4")
    assert np.argmax([query @ np.frombuffer(one.dense, "<f4") for one in encoder.embed_passages(PASSAGES)]) == 1
    assert encoder.embed_passages(["a very long text " * 2000])[0].dense
    with pytest.raises(EncoderError, match="refused with 404"):
        RemoteEncoder(Server.from_setting(f"{pooling_server}/v1#other", key="")).embed_query("leave")


@pytest.mark.vllm
def test_vllm_scores_passages_against_a_question(pooling_server: str) -> None:
    reranker = RemoteReranker(Server.from_setting(f"{pooling_server}/rerank#mini", key=""))
    scores = reranker.score("How much leave do I earn?", PASSAGES)
    assert np.argmax(scores) == 1
    assert all(score is not None for score in scores)
