"""Reads pictures for ingest.parsers.pictures.rapid; started by it as `python -m ingest.stages.ocr_child`. Knows no Django.

Takes pictures from standard input and answers on standard output, each with its length before it: JSON lines of words with their
boxes in pixels, [[[text, left, top, right, bottom, turn], …], …]. A text begins with a space where one stands before it on the
line. `turn`: of the page, in quarters against the clock from upright; boxes are those of the picture turned so that it is upright.
"""

import io
import json
import os
import resource
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from kb.sandbox.child import close_network, die_with_parent

Piece = tuple[str, float, float, float, float]  # text, left, top, right, bottom
TurnedPiece = tuple[str, float, float, float, float, int]
UNCERTAIN = 0.85  # upright print has .95 and more, noisy or grey too; what stands on its head .56 to .73
TALL = 1.5  # times as high as wide: a line that runs up or down
TURNS = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}  # that make each turn upright
WIDE = "\u2e80"  # from here on characters of Chinese, each a word of its own
ENGINE = {
    "Global.log_level": "critical",
    "Global.return_word_box": True,
    "Global.use_cls": False,  # looks whether a line stands upside down: it takes time, and now and then turns an upright one
    "Global.max_side_len": 1600,  # pixels that the search for lines looks at; they are read at full size
    "Rec.rec_batch_num": 4,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
}


def main() -> None:
    die_with_parent()
    close_network()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))  # the models need more than most documents do
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what libraries print goes nowhere
    from rapidocr import RapidOCR  # after the network is closed

    engine = RapidOCR(params=ENGINE)
    while len(head := sys.stdin.buffer.read(4)) == 4:
        picture = sys.stdin.buffer.read(int.from_bytes(head, "big"))
        data = json.dumps(read(engine, picture)).encode()
        answers.write(len(data).to_bytes(4, "big") + data)
        answers.flush()


def read(engine: Any, picture: bytes) -> list[list[TurnedPiece]]:
    """Return the words of each line with their boxes in pixels, of a picture that lies on its side or on its head too."""
    with Image.open(io.BytesIO(picture)) as image:
        upright = image.convert("RGB")
    found, turn = _look(engine, upright), 0
    if found.certainty < UNCERTAIN or found.is_sideways:
        # The engine reads lines that run downwards, and takes those that run upwards for text on its head.
        turn = (3 if found.certainty >= UNCERTAIN else 1) if found.is_sideways else 2
        again = _look(engine, upright.transpose(TURNS[turn]))
        if again.certainty > found.certainty or (turn == 3 and not again.is_sideways):
            found = again
        else:
            turn = 0
    return [[(*piece, turn) for piece in line] for line in found.lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the engine saw. `certainty`: of its characters, in [0, 1]. `is_sideways`: most lines are higher than wide."""

    lines: list[list[Piece]]
    certainty: float = 1.0
    is_sideways: bool = False


def _look(engine: Any, image: Image.Image) -> Look:
    found = engine(np.asarray(image), return_word_box=True)
    if not found.txts:  # its list of words then holds a placeholder
        return Look(lines=[])
    lines = [
        join_pieces(line, [(text, *_around(box)) for text, _, box in words or () if text and box is not None])
        for line, words in zip(found.txts, found.word_results, strict=False)
    ]
    lengths = [len(text) for text in found.txts]
    boxes = [_around(box) for box in found.boxes]
    tall = sum(length for length, box in zip(lengths, boxes, strict=False) if box[3] - box[1] > TALL * (box[2] - box[0]))
    sure = sum(length * float(score) for length, score in zip(lengths, found.scores, strict=False))
    whole = max(1, sum(lengths))
    return Look(lines=[line for line in lines if line], certainty=sure / whole, is_sideways=2 * tall > whole)


def join_pieces(line: str, pieces: list[Piece]) -> list[Piece]:
    """Return the words of a line. In one with Chinese the engine parts even figures and Latin letters: "1", "0", "0", "0".

    `line`: its text with the spaces that the engine saw.
    """
    found: list[Piece] = []
    place = 0
    for text, left, top, right, bottom in pieces:
        at = line.find(text, place)
        has_space = at < 0 or any(map(str.isspace, line[place:at]))
        place = at + len(text) if at >= 0 else place
        before = found[-1] if found else None
        if before and at >= 0 and not has_space and before[0][-1] < WIDE and text[0] < WIDE:
            found[-1] = (before[0] + text, before[1], min(before[2], top), max(before[3], right), max(before[4], bottom))
        else:
            found.append((f" {text}" if has_space and found else text, left, top, right, bottom))
    return found


def _around(corners: Any) -> tuple[float, float, float, float]:
    across, down = [float(x) for x, _ in corners], [float(y) for _, y in corners]
    return min(across), min(down), max(across), max(down)


if __name__ == "__main__":
    main()
