"""Text that stands sideways or upside down on its page, as in wide tables: it is laid out as if the page were turned for it.

A turn counts quarters against the clock from upright: 1 reads upwards, 2 upside down, 3 downwards.
"""

import math

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom

STEEP = 0.35  # of the way: text that leans more than about 20 degrees from a quarter is none of it


def turn_of(angle: float, across: tuple[float, float], up: tuple[float, float]) -> int:
    """Return the turn of a text.

    Args:
        angle: radians with the clock in the page's own space, as pdfium returns them.
        across, up: where its axes point on the rendered page, whose y grows downwards.
    """
    cosine, sine = math.cos(angle), math.sin(angle)
    x = cosine * across[0] - sine * up[0]
    y = cosine * across[1] - sine * up[1]
    if min(abs(x), abs(y)) > STEEP * max(abs(x), abs(y)):
        return 0
    if abs(x) >= abs(y):
        return 0 if x >= 0 else 2
    return 1 if y < 0 else 3


def turned(box: Rectangle, turn: int, *, width: float, height: float) -> Rectangle:
    """Return where a rectangle of the page lies once the page is turned so that its text is upright.

    `width`, `height`: of the page as it is.
    """
    left, top, right, bottom = box
    if turn == 1:
        return height - bottom, left, height - top, right
    if turn == 2:
        return width - right, height - bottom, width - left, height - top
    if turn == 3:
        return top, width - right, bottom, width - left
    return box


def turned_back(box: Rectangle, turn: int, *, width: float, height: float) -> Rectangle:
    """Return where a rectangle of the turned page lies on the page. `width`, `height`: of the page as it is."""
    left, top, right, bottom = box
    if turn == 1:
        return top, height - right, bottom, height - left
    if turn == 2:
        return width - right, height - bottom, width - left, height - top
    if turn == 3:
        return width - bottom, left, width - top, right
    return box
