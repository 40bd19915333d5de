"""A table as it is computed over: rows with a label and named cells, each of them at its place in a document's text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    column: str  # the name above it
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row at its place. `label`: what tells it apart from others; `section`: the line above it that has no cells of its own."""

    label: str
    cells: tuple[Cell, ...]
    page: int  # primary key of the kb.Page
    start: int  # characters into the page's text
    end: int
    section: str = ""

    def text_of(self, column: str) -> str:
        """Return the cell below a name; "" where there is none."""
        return next((cell.text for cell in self.cells if cell.column == column), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`columns`: names in their order; the first is that of the labels where these have a name. `title`: headings and lead-in."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    label_column: str = ""
    scale: str = ""  # "thousand", "million", "billion": what the numbers are counted in, where the table or its lead-in tells
    is_whole: bool = True  # False where rows were left out, so that no count of them would be right

    @property
    def value_columns(self) -> tuple[str, ...]:
        return tuple(column for column in self.columns if column != self.label_column)
