"""What was recorded may have another shape than today's: what is none of the expected counts as empty."""

from collections.abc import Mapping, Sequence
from typing import Any


def mapping_of(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def sequence_of(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
