"""The bundled encoder: offline, batched like single, counts without cutting, knows what it cannot read."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoding import processor
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.opening import ENGLISH, open_encoder
from retrieval.errors import EncoderError

ROOT = Path(__file__).resolve().parents[2]
LEAVE = "Employees earn six hours of annual leave per pay period."


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return open_encoder(ENGLISH)


def dense(encoder: SentenceEncoder, text: str) -> np.ndarray:
    return np.frombuffer(encoder.embed_query(text).dense, dtype="<f4")


def test_batches_keep_the_order_and_the_values(encoder: SentenceEncoder) -> None:
    texts = [f"{LEAVE} " * (1 + number % 7) + str(number) for number in range(40)]
    batched = encoder.embed_passages(texts)
    for number in (0, 13, 39):
        vector = np.frombuffer(batched[number].dense, dtype="<f4")
        assert float(vector @ dense(encoder, texts[number])) == pytest.approx(1.0, abs=3e-3)  # a batch shares its range
        assert len(batched[number].tokens) == 32 * encoder.count_tokens([texts[number]])[0]
    assert encoder.embed_passages([]) == []


def test_tokens_are_counted_without_cutting_and_vectors_within_the_window(encoder: SentenceEncoder) -> None:
    assert encoder.count_tokens(["leave", "leave " * 1000, ""]) == [1, 1000, 0]
    assert encoder.max_tokens == 254
    (embedding,) = encoder.embed_passages(["leave " * 1000])
    assert len(embedding.tokens) == 32 * 254


def test_it_returns_where_each_token_vector_begins(encoder: SentenceEncoder) -> None:
    text = "Leave > Annual\nYou earn 5.2 hours – “naïve” 年假。"
    starts = encoder.token_starts(text)
    assert [text[start] for start in starts] == list("L>AYe5.2h–“n”年假。")
    assert len(starts) == len(encoder.embed_passages([text])[0].tokens) // 32
    assert len(encoder.token_starts("leave " * 1000)) == 254


def test_it_knows_what_it_cannot_read(encoder: SentenceEncoder) -> None:
    assert encoder.unknown_share(LEAVE) == 0.0
    assert encoder.unknown_share("北京大学的研究生什么时候毕业？") > 0.4
    assert encoder.unknown_share("") == 0.0


def test_all_han_counts_as_unread_by_a_vocabulary_that_lacks_much_of_it(encoder: SentenceEncoder) -> None:
    known = "一三上中大日"  # in the bundled vocabulary, by chance
    assert "[UNK]" not in encoder._tokenizer.encode(known).tokens
    assert encoder.unknown_share(known) == 1.0
    assert encoder.unknown_share("leave 年") == pytest.approx(1 / 6)


def test_what_it_cannot_read_gets_zeros_without_a_forward_pass(encoder: SentenceEncoder) -> None:
    chinese, english = encoder.embed_passages(["职工连续工作一年以上的，享受带薪年休假。", LEAVE])
    assert (chinese.dense, chinese.tokens) == (bytes(4 * encoder.dimension), b"")
    assert np.linalg.norm(np.frombuffer(english.dense, dtype="<f4")) == pytest.approx(1.0, abs=1e-5)
    assert english.tokens


def test_threads_share_one_model_and_agree() -> None:
    fresh = open_encoder(ENGLISH)
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(lambda _: fresh.embed_query(LEAVE).dense, range(8)))
    assert len(set(vectors)) == 1
    assert len(fresh.embed_query(LEAVE).tokens) == 4 * 64 * fresh.count_tokens([LEAVE])[0]


def test_a_folder_without_a_model_is_refused(tmp_path: object) -> None:
    with pytest.raises(EncoderError, match="not the folder"):
        open_encoder(str(tmp_path))


def test_words_without_a_subject_weigh_less_and_one_weight_goes_with_each_vector(encoder: SentenceEncoder) -> None:
    query = "What is the annual leave?"
    weights = encoder.query_weights(query)
    assert weights == [0.4, 0.4, 0.4, 1.0, 1.0, 0.4]
    assert len(encoder.embed_query(query).tokens) == len(weights) * 64 * 4
    long = "leave " * 1000
    assert len(encoder.query_weights(long)) * 64 * 4 == len(encoder.embed_query(long).tokens)


def test_memory_does_not_grow_with_the_shapes_of_the_batches() -> None:
    program = """
from pathlib import Path
from retrieval.encoding.opening import open_encoder
def resident(): return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
encoder = open_encoder("bundled-english")
encoder.embed_passages(["word " * 250] * 8)
before = resident()
for length in range(10, 90, 2): encoder.embed_passages(["word " * length])
print(resident() - before)
"""
    grown = int(subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    assert grown < 40 * 2**20  # 40 shapes; 3 MB each where all are kept


@pytest.mark.parametrize("threads", ["1", "3"])
def test_batches_side_by_side_give_what_one_after_another_gives(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch, threads: str
) -> None:
    texts = [f"{LEAVE} " * 12 + str(number) for number in range(40)]
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    before = encoder.embed_passages(texts)
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert encoder.embed_passages(texts) == before


def test_threads_are_those_that_torch_would_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert processor.threads() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert processor.threads() == len(os.sched_getaffinity(0))
