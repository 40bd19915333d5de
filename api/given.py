"""The base of every request schema."""

from typing import ClassVar

from ninja import Schema


class Given(Schema):
    """A request body. Unknown fields are refused: a misspelt one would be ignored silently."""

    model_config: ClassVar = {"extra": "forbid"}
