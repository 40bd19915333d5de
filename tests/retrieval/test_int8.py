"""A product on eight-bit integers gives what float32 gives, nearly."""

import pytest

from retrieval.encoding import processor
from retrieval.encoding.int8 import Int8Linear

pytestmark = pytest.mark.skipif(not processor.multiplies_int8(), reason="this CPU has no instructions for it")


@pytest.mark.parametrize("values", ["zeros", "all above zero", "all below zero", "one large"])
def test_any_range_of_values_is_read(values: str) -> None:
    import torch

    layer = torch.nn.Linear(32, 16)
    given = torch.randn(8, 32, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)
    given = {"zeros": given * 0, "all above zero": given.abs() + 1, "all below zero": -given.abs() - 1, "one large": given}[values]
    if values == "one large":
        given[0, 0] = 50.0
    product = Int8Linear(layer)
    with torch.inference_mode():
        expected, found = layer(given.float()), product(given).float()
    step = (given.float().clamp(min=0).max() - given.float().clamp(max=0).min()) / 254
    assert (found - expected).abs().max() < 0.06 + 3 * step * layer.weight.abs().sum(dim=1).max() / 2


@pytest.mark.parametrize("gelu", [False, True])
def test_several_layers_of_one_input_are_one_product_whatever_the_size_of_a_channel(gelu: bool) -> None:
    import torch

    torch.manual_seed(2)
    first, second = torch.nn.Linear(32, 16), torch.nn.Linear(32, 8)
    given = torch.randn(64, 32)
    given[:, 3] *= 40  # as some channels of a BERT are
    product = Int8Linear(first, second, largest=given.abs().amax(dim=0), gelu=gelu)
    with torch.inference_mode():
        expected = torch.cat([first(given), second(given)], dim=1)
        expected = torch.nn.functional.gelu(expected) if gelu else expected
        before = given.clone()
        evened = (product(given).float() - expected).abs().mean()
        assert torch.equal(given, before)
        as_they_are = (Int8Linear(first, second, gelu=gelu)(given).float() - expected).abs().mean()
    assert evened < as_they_are / 2
