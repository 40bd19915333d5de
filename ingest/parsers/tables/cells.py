"""A cell of a table as a file has it, before the table is laid out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`columns`, `rows`: how many it spans, at least 1. `is_name`: the file calls it a head. `is_strong`: all of it is bold."""

    text: str
    columns: int = 1
    rows: int = 1
    is_name: bool = False
    is_strong: bool = False

    @property
    def stands_out(self) -> bool:
        return self.is_name or self.is_strong


def width_of(row: list[Cell]) -> int:
    """Return how many columns a row has."""
    return sum(cell.columns for cell in row)
