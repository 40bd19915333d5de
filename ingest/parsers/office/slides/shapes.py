"""The shapes of a slide in the order in which they are read, and which of them the show has no place for."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ingest.parsers.office.slides.pictures import says_hidden
from ingest.parsers.office.word.names import MC, A

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
ROW_EMU = 228_600  # a quarter of an inch: shapes whose tops are nearer stand in one row
MIN_EMU = 1000  # what is less wide has no size of its own: a box that was made out of another format
TREES = frozenset((f"{P}spTree", f"{P}grpSp"))
SHAPES = frozenset(f"{P}{name}" for name in ("sp", "grpSp", "graphicFrame", "pic", "cxnSp"))


class Placed(NamedTuple):
    """A shape with its place in reading order: row, column, order of drawing. `is_shown`: False where it or its group is not."""

    place: tuple[int, int, int]
    shape: Any
    is_shown: bool

    @property
    def holds_text(self) -> bool:
        return any((text.text or "").strip() for text in self.shape._element.iter(f"{A}t"))


def open_choices(slide: Any) -> None:
    """Put shapes in the place of the choice that holds them: a box with an equation is one, beside a picture for older programs."""
    for choice in list(slide._element.iter(f"{MC}AlternateContent")):
        parent = choice.getparent()
        if parent is None or parent.tag not in TREES:
            continue
        options = [[child for child in option if child.tag in SHAPES] for option in choice]
        at = parent.index(choice)
        parent[at : at + 1] = next((shapes for shapes in options if shapes), [])


def shapes_of(slide: Any) -> list[Placed]:
    """Return the shapes of a slide in reading order. A group stays together; it is hidden, or lies beside the slide, as a whole."""
    presentation = slide.part.package.presentation_part.presentation
    size = (presentation.slide_width or 0, presentation.slide_height or 0)
    return sorted(_flatten(slide.shapes, size), key=lambda one: one.place)


def _flatten(shapes: Any, size: tuple[int, int]) -> Iterator[Placed]:
    stack: list[tuple[Any, tuple[int, int] | None, bool]] = [(shape, None, True) for shape in reversed(list(shapes))]
    count = 0
    while stack:
        shape, place, is_shown = stack.pop()
        if place is None:
            place = (int(shape.top or 0) // ROW_EMU, int(shape.left or 0))
            is_shown = not _is_beside(shape, size)
        is_shown = is_shown and not says_hidden(shape._element)
        if shape._element.tag == f"{P}grpSp":
            stack.extend((inner, place, is_shown) for inner in reversed(list(shape.shapes)))
        else:
            count += 1
            yield Placed((*place, count), shape, is_shown)


def _is_beside(shape: Any, size: tuple[int, int]) -> bool:
    """Tell whether a shape lies wholly outside of the slide. One that is turned may reach into it."""
    box = (shape.left, shape.top, shape.width, shape.height)
    if not all(size) or any(side is None for side in box) or shape.width < MIN_EMU or getattr(shape, "rotation", 0):
        return False
    left, top, width, height = map(int, box)
    return left >= size[0] or top >= size[1] or left + width <= 0 or top + height <= 0
