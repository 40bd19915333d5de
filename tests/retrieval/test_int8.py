"""The encoder's layers on eight-bit integers give what float32 gives, nearly."""

from typing import Any

import numpy as np
import pytest

from retrieval import int8, processor
from retrieval.encoder import SentenceEncoder, open_encoder

TEXTS = [
    "Employees accrue 6 hours of annual leave in each pay period after three years of service.",
    "Parking permits are issued by the facilities office on the ground floor.",
    "annual leave " * 60,
    "Is it?",
]

pytestmark = pytest.mark.skipif(not processor.multiplies_int8(), reason="this CPU has no instructions for it")


def dense(encoder: SentenceEncoder) -> Any:
    return np.stack([np.frombuffer(one.dense, "<f4") for one in encoder.embed_passages(TEXTS)])


@pytest.fixture
def model() -> Any:
    return open_encoder()._model[0].model


def test_vectors_are_nearly_those_of_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    here = open_encoder()
    rounded = dense(here)
    assert type(here._model[0].model.encoder.layer[0]).__module__ == "retrieval.int8"
    monkeypatch.setattr("retrieval.processor.multiplies_bf16", lambda: False)
    plain = open_encoder()
    cosines = (rounded * dense(plain)).sum(axis=1)
    assert cosines[:3].min() > 0.998
    assert cosines.min() > 0.99  # two words beside a long text, whose range of values they share
    assert np.abs(np.linalg.norm(rounded, axis=1) - 1).max() < 1e-5


def test_one_text_alone_and_among_longer_ones_is_the_same(model: Any) -> None:
    import torch

    words = torch.randint(2000, 9000, (3, 40), generator=torch.Generator().manual_seed(3))
    read = torch.ones_like(words)
    read[1, 10:] = 0
    with torch.inference_mode():
        together = model(input_ids=words, attention_mask=read).last_hidden_state[1, :10].float()
        alone = model(input_ids=words[1:2, :10], attention_mask=read[1:2, :10]).last_hidden_state[0].float()
    assert torch.nn.functional.cosine_similarity(together, alone, dim=1).min() > 0.98


@pytest.mark.parametrize("values", ["zeros", "all above zero", "all below zero", "one large"])
def test_any_range_of_values_is_read(values: str) -> None:
    import torch

    layer = torch.nn.Linear(32, 16)
    given = torch.randn(8, 32, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)
    given = {"zeros": given * 0, "all above zero": given.abs() + 1, "all below zero": -given.abs() - 1, "one large": given}[values]
    if values == "one large":
        given[0, 0] = 50.0
    product = int8._Linear(layer)
    with torch.inference_mode():
        expected, found = layer(given.float()), product(given).float()
    step = (given.float().clamp(min=0).max() - given.float().clamp(max=0).min()) / 254
    assert (found - expected).abs().max() < 0.06 + 3 * step * layer.weight.abs().sum(dim=1).max() / 2


def test_other_architectures_stay_as_they_are() -> None:
    class Windowed:
        config = type("Config", (), {"model_type": "modernbert", "hidden_act": "gelu", "is_decoder": False})

    assert not int8.use_int8(Windowed())
