"""An encoder of one's own, of whatever tokenizer: its prompts, what it cannot read, and which of its tokens say something."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from retrieval.encoding import processor
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.fitting import fit_projection
from retrieval.encoding.model import FolderModel
from retrieval.encoding.opening import open_encoder
from retrieval.errors import EncoderError
from retrieval.tokens import Projection

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
PIECES = ["▁the", "▁annual", "▁leave", "▁query", "▁passage", "年假", "▁", ":", "?", ",", "s"]
QUESTION = "the annual leave?"
PROMPTS = {"query": "query: ", "document": "passage: "}


def unigram_folder(folder: Path, *, prompts: dict[str, str] | None = None) -> Path:
    """Write a small model with random weights behind a SentencePiece-like tokenizer, as e5 and bge-m3 have it."""
    tokenizer = Tokenizer(Unigram([(piece, -float(rank)) for rank, piece in enumerate(SPECIAL + PIECES)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.add_special_tokens(SPECIAL)
    torch.manual_seed(5)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 64}
    config = BertConfig(vocab_size=40, max_position_embeddings=30, initializer_range=0.2, pad_token_id=1, **sizes)
    BertModel(config).save_pretrained(folder)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=20, pad_token="<pad>", unk_token="<unk>")
    fast.save_pretrained(folder)
    whole = folder / "whole"
    model = SentenceTransformer(modules=[Transformer(str(folder)), Pooling(32, "mean"), Normalize()], device="cpu")
    model.save(str(whole))
    (whole / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 20, "do_lower_case": False}))
    declared = json.loads((whole / "config_sentence_transformers.json").read_text())
    (whole / "config_sentence_transformers.json").write_text(json.dumps({**declared, "prompts": prompts or {}}))
    return whole


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(processor, "multiplies_bf16", lambda: False)
    return unigram_folder(tmp_path)


def with_tokens(folder: Path) -> SentenceEncoder:
    projection = Projection(np.eye(32, 8, dtype=np.float32), np.full(8, 0.3, np.float32))
    return SentenceEncoder(model=FolderModel(folder), name="small", projection=projection)


def test_what_a_unigram_tokenizer_does_not_know_is_known_by_its_number(folder: Path) -> None:
    encoder = open_encoder(str(folder))
    assert encoder.unknown_share("the annual leave") == 0.0
    assert encoder.unknown_share("привет") > 0.8  # the space before it is a token that it knows
    assert 0.3 < encoder.unknown_share("leave привет") < 0.6


def test_a_vocabulary_without_much_of_han_reads_none_of_it(folder: Path) -> None:
    assert open_encoder(str(folder)).unknown_share("年假") == 1.0


def test_a_word_with_its_space_is_a_word_and_stop_words_weigh_less(folder: Path) -> None:
    assert open_encoder(str(folder)).query_weights(QUESTION) == [0.4, 1.0, 1.0, 0.4]


def test_tokens_begin_behind_the_space_before_them(folder: Path) -> None:
    assert open_encoder(str(folder)).token_starts(QUESTION) == [0, 4, 11, 16]


def test_questions_and_passages_are_read_behind_their_prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "multiplies_bf16", lambda: False)
    folder = unigram_folder(tmp_path, prompts=PROMPTS)
    theirs = SentenceTransformer(str(folder), device="cpu")
    encoder = with_tokens(folder)
    asked, (passage,) = encoder.embed_query(QUESTION), encoder.embed_passages([QUESTION])
    assert np.allclose(np.frombuffer(asked.dense, "<f4"), theirs.encode("query: " + QUESTION), atol=1e-5)
    assert np.allclose(np.frombuffer(passage.dense, "<f4"), theirs.encode("passage: " + QUESTION), atol=1e-5)
    # A vector for each token of the text, none for those of the prompt.
    assert len(asked.tokens) == len(encoder.query_weights(QUESTION)) * 8 * 4
    assert len(passage.tokens) == len(encoder.token_starts(QUESTION)) * 4


def test_what_does_not_fit_behind_a_prompt_is_left_out_everywhere_alike(tmp_path: Path) -> None:
    encoder = with_tokens(unigram_folder(tmp_path, prompts=PROMPTS))
    assert encoder.max_tokens == 20 - 2 - 3  # special tokens, and "passage" with its colon and the space
    long = "annual " * 50
    assert len(encoder.embed_query(long).tokens) == len(encoder.query_weights(long)) * 8 * 4 == 16 * 8 * 4
    assert len(encoder.embed_passages([long])[0].tokens) == len(encoder.token_starts(long)) * 4 == 16 * 4


def test_other_prompts_make_another_encoder(tmp_path: Path) -> None:
    plain, prompted = unigram_folder(tmp_path / "a"), unigram_folder(tmp_path / "b", prompts=PROMPTS)
    assert open_encoder(str(plain)).fingerprint != open_encoder(str(prompted)).fingerprint


def test_prompts_that_cannot_be_read_are_reported(folder: Path) -> None:
    (folder / "config_sentence_transformers.json").write_text("[1]")
    with pytest.raises(EncoderError, match="config_sentence_transformers"):
        open_encoder(str(folder)).embed_query(QUESTION)


def test_a_direction_that_all_tokens_share_is_no_closeness() -> None:
    """Of e5's tokens two random ones have a cosine of .8. Kept, it would meet every threshold of closeness."""
    random = np.random.default_rng(1)
    common = random.normal(size=64) * 2.0
    vectors = (common + random.normal(size=(3000, 64)) + 0.1).astype(np.float32)
    passages = vectors.reshape(60, 50, 64)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert float(unit.mean(axis=0) @ unit.mean(axis=0)) > 0.6
    matrix, deviation = fit_projection(vectors, 32)
    projection = Projection(matrix.astype(np.float32), deviation.astype(np.float32))
    packed = [projection.pack(projection.project(passage)) for passage in passages[1:]]
    other = projection.max_sim(projection.project(passages[0, :8]).tobytes(), packed)
    (same,) = projection.max_sim(projection.project(passages[0, :8]).tobytes(), [projection.pack(projection.project(passages[0]))])
    assert max(score for score in other if score is not None) < 0.6
    assert same is not None and same > 0.9
