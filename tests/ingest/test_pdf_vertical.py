"""Chinese text in columns from the right to the left."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.files.reading import texts

FONT, SIZE, COLUMN = "STSong-Light", 14, 12
RULES = "库房钥匙由门卫保管，借用者当日归还。遗失钥匙须赔偿四十元，并在三日内报告。夜间进入库房须两人同行。"
Piece = tuple[float, float, str]  # from the left and from below, in points, and a character
BY_COLUMN: dict[str, Callable[[Piece], tuple[float, float]]] = {
    "right to left": lambda piece: (-piece[0], -piece[1]),
    "left to right": lambda piece: (piece[0], -piece[1]),
    "row by row": lambda piece: (-piece[1], piece[0]),
    "row by row from the right": lambda piece: (-piece[1], -piece[0]),
}


def pieces(text: str, *, step: float = SIZE, right: float = 500, top: float = 700) -> list[Piece]:
    return [(right - 24 * (at // COLUMN), top - step * (at % COLUMN), character) for at, character in enumerate(text)]


def pdf(*drawn: Piece) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    for x, y, text in drawn:
        canvas.setFont(FONT, SIZE)
        canvas.drawString(x, y, text)
    canvas.save()
    return stream.getvalue()


@pytest.mark.parametrize("order", BY_COLUMN.values(), ids=BY_COLUMN)
def test_columns_are_read_from_the_right_in_whatever_order_they_are_drawn(
    tmp_path: Path, order: Callable[[Piece], tuple[float, float]]
) -> None:
    assert texts(tmp_path, "a.pdf", pdf(*sorted(pieces(RULES), key=order))) == [RULES]


def test_upright_lines_stay_beside_columns(tmp_path: Path) -> None:
    drawn = [(200, 760, "库房规定，二〇二六年五月起施行。"), *pieces(RULES), (72, 300, "本页由行政部印发，如有疑问请致电前台。")]
    assert texts(tmp_path, "a.pdf", pdf(*drawn))[-1] == RULES


def test_cells_of_one_character_below_each_other_are_no_column(tmp_path: Path) -> None:
    names = ["王小明", "李大山", "张立新", "赵文静", "孙国强", "周海燕", "吴建军"]
    rows = [(x, 700 - 22 * at, text) for at, name in enumerate(names) for x, text in ((100, name), (220, "男女"[at % 2]))]
    read = "\n".join(texts(tmp_path, "a.pdf", pdf(*rows)))
    assert all(f"{name} | {'男女'[at % 2]}" in read or f"{name} {'男女'[at % 2]}" in read for at, name in enumerate(names)), read
