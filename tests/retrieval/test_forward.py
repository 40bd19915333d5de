"""The forward pass in one call gives what sentence-transformers gives, for the models that it knows, and leaves others alone."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel

from retrieval.encoding import processor
from retrieval.encoding.attention import attend
from retrieval.encoding.forward import Modules, OneCall, is_plain, open_model
from retrieval.encoding.opening import ENGLISH, open_encoder
from retrieval.encoding.plain import read_plain
from retrieval.errors import EncoderError

SIZE: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 40,
    "initializer_range": 0.2,
}
LENGTHS = (12, 5, 1)


def make_model(folder: Path, kind: str = "bert", *, pooling: str = "mean", **changed: Any) -> Path:
    """Write a model with random weights, which are the same each time."""
    torch.manual_seed(5)
    config: Any = {"bert": BertConfig, "roberta": RobertaConfig}[kind](**{**SIZE, **changed}, pad_token_id=1)
    {"bert": BertModel, "roberta": RobertaModel}[kind](config).save_pretrained(folder)
    tokenizer = open_encoder(ENGLISH)._tokenizer  # never asked: ids are given
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=30, pad_token="[PAD]").save_pretrained(folder)
    SentenceTransformer(modules=[Transformer(str(folder)), Pooling(SIZE["hidden_size"], pooling), Normalize()], device="cpu").save(
        str(folder / "whole")
    )
    return folder / "whole"


def some_ids() -> tuple[torch.Tensor, torch.Tensor]:
    read = (torch.arange(max(LENGTHS))[None, :] < torch.tensor(LENGTHS)[:, None]).long()
    words = torch.randint(5, 60, read.shape, generator=torch.Generator().manual_seed(3))
    return torch.where(read == 1, words, 1), read


def nearness(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(one, other, dim=-1).min())


@pytest.fixture
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "multiplies_bf16", lambda: False)


@pytest.mark.usefixtures("in_float32")
@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_it_equals_sentence_transformers(tmp_path: Path, kind: str, pooling: str) -> None:
    folder = make_model(tmp_path, kind, pooling=pooling)
    ours, theirs = open_model(folder), Modules(SentenceTransformer(str(folder), device="cpu").eval())
    assert isinstance(ours, OneCall)
    assert (ours.dimension, ours.dtype) == (theirs.dimension, theirs.dtype) == (32, torch.float32)
    ids, read = some_ids()
    for rows in (slice(0, 3), slice(0, 1)):  # padded, and not
        vectors, states = ours(ids[rows], read[rows])
        expected, expected_states = theirs(ids[rows], read[rows])
        assert torch.allclose(vectors, expected, atol=1e-5)
        assert torch.allclose(states[read[rows] == 1], expected_states[read[rows] == 1], atol=1e-4)


@pytest.mark.usefixtures("in_float32")
def test_a_plain_one_needs_neither_of_the_large_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_model(tmp_path)
    expected, _ = open_model(folder)(*some_ids())
    stored = load_file(folder / "model.safetensors")
    save_file({f"bert.{name}": value for name, value in stored.items()}, folder / "model.safetensors")
    for library in ("sentence_transformers", "transformers"):
        monkeypatch.setitem(sys.modules, library, None)  # to import it fails
    assert torch.equal(open_model(folder)(*some_ids())[0], expected)
    assert read_plain(folder, torch.float32) is not None


@pytest.mark.usefixtures("in_float32")
def test_a_plain_one_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    folder = make_model(tmp_path)
    stored = load_file(folder / "model.safetensors")
    save_file({name: value for name, value in stored.items() if "layer.1.output" not in name}, folder / "model.safetensors")
    with pytest.raises(EncoderError, match="more weights are missing"):
        open_model(folder)
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(EncoderError, match="could not be loaded"):
        open_model(folder)


@pytest.mark.parametrize("is_int8", [False, True])
def test_fewer_digits_give_nearly_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_int8: bool) -> None:
    if is_int8 and not processor.multiplies_int8():
        pytest.skip("this CPU has no instructions for products of bytes")
    monkeypatch.setattr(processor, "multiplies_bf16", lambda: True)
    monkeypatch.setattr(processor, "multiplies_int8", lambda: is_int8)
    folder = make_model(tmp_path)
    ids, read = some_ids()
    vectors, states = open_model(folder)(ids, read)
    expected, expected_states = Modules(SentenceTransformer(str(folder), device="cpu").eval())(ids, read)
    assert nearness(vectors, expected) > (0.99 if is_int8 else 0.999)
    assert nearness(states[read == 1], expected_states[read == 1]) > (0.97 if is_int8 else 0.999)


def test_one_text_alone_and_among_longer_ones_is_the_same() -> None:
    model = open_model(open_encoder(ENGLISH).folder)
    words = torch.randint(2000, 9000, (3, 40), generator=torch.Generator().manual_seed(3))
    read = torch.ones_like(words)
    read[1, 10:] = 0
    _, together = model(words, read)
    _, alone = model(words[1:2, :10], read[1:2, :10])
    assert nearness(together[1, :10], alone[0]) > 0.98


@pytest.mark.usefixtures("in_float32")
@pytest.mark.parametrize("reason", ["another activation", "another pooling", "another module", "another architecture"])
def test_what_it_does_not_know_runs_as_sentence_transformers_runs_it(tmp_path: Path, reason: str) -> None:
    folder = make_model(
        tmp_path,
        pooling="max" if reason == "another pooling" else "mean",
        hidden_act="relu" if reason == "another activation" else "gelu",
    )
    model = SentenceTransformer(str(folder), device="cpu")
    if reason == "another module":
        model.append(Normalize())
    if reason == "another architecture":
        model[0].model.config.model_type = "modernbert"
    assert not is_plain(model)
    if reason == "another pooling":
        loaded = open_model(folder)
        assert isinstance(loaded, Modules)
        vectors, states = loaded(*some_ids())
        assert (vectors.shape, states.shape) == ((3, 32), (3, 12, 32))


def test_a_folder_that_cannot_be_loaded_is_reported(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EncoderError, match="could not be loaded"):
        open_model(tmp_path)


@pytest.mark.parametrize("is_padded", [False, True])
@pytest.mark.parametrize("scale", [1.0, 400.0])  # whose exponentials overflow
def test_attention_by_products_equals_torchs_own(is_padded: bool, scale: float) -> None:
    texts, heads, length = 3, 4, 11
    query, key, value = (torch.randn(texts, heads, length, 8, generator=torch.Generator().manual_seed(seed)) for seed in range(3))
    lengths = torch.tensor([11, 5, 1] if is_padded else [11, 11, 11])
    read = torch.arange(length)[None, :] < lengths[:, None]
    query = query * scale
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=read[:, None, None, :], scale=1.0)
    within = read[:, None, :, None].expand(texts, heads, length, 1).reshape(-1, length, 1).float() if is_padded else None
    flat = (texts * heads, length, 8)
    found = attend(query.reshape(flat), key.reshape(flat), value.reshape(flat), within)
    assert torch.allclose(found.view(texts, heads, length, 8), expected, atol=1e-4)


def test_the_bundled_encoder_runs_in_one_call_and_nearly_equals_float32() -> None:
    encoder = open_encoder(ENGLISH)
    texts = [
        "Employees accrue 6 hours of annual leave in each pay period after three years of service.",
        "Parking permits are issued by the facilities office on the ground floor.",
        "annual leave " * 60,
        "Is it?",
    ]
    theirs = SentenceTransformer(str(encoder.folder), local_files_only=True, device="cpu").encode(texts)
    ours = np.stack([np.frombuffer(embedding.dense, dtype="<f4") for embedding in encoder.embed_passages(texts)])
    assert isinstance(encoder._model, OneCall)
    cosines = (ours * theirs).sum(axis=1)
    assert cosines[:3].min() > 0.998
    assert cosines.min() > 0.99  # two words beside a long text, whose range of values they share
    assert np.abs(np.linalg.norm(ours, axis=1) - 1).max() < 1e-5


def test_opening_encoder_and_judge_does_not_import_torchs_compiler() -> None:
    """It takes two seconds and 100 MB in every process that embeds."""
    program = """
import subprocess
import sys
from retrieval.encoding.opening import open_encoder
from retrieval.judging.opening import open_reader
open_encoder("bundled-english").warm_up()
if reader := open_reader():
    reader.warm_up()
print("loaded:", [name for name in ("torch._dynamo", "torch._inductor", "sympy", "transformers") if name in sys.modules])
"""
    root = Path(__file__).parents[2]
    assert b"loaded: []" in subprocess.run([sys.executable, "-c", program], cwd=root, check=True, stdout=subprocess.PIPE).stdout
