"""Numbers are read as they are written, in figures and in Chinese numerals."""

import pytest

from language.quantities import read_quantities


@pytest.mark.parametrize(
    ("text", "value"),
    [("约百分之75的面积", 75.0), ("百分之7.5", 7.5), ("百分之二十", 20.0), ("百分之十二点五", 12.5), ("75%", 75.0)],
)
def test_a_share_is_read_in_figures_and_in_words(text: str, value: float) -> None:
    assert [(quantity.value, quantity.unit) for quantity in read_quantities(text)] == [(value, "%")]
