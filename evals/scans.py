"""Scans: characters read wrongly, seconds a page and memory, by the readers of pictures that can be set.

`python -m evals.scans --data ../shared/data` draws pages of a handbook (English) and of policies (Chinese) as scanners and copiers
give them, takes pages of filings as they are printed, and has each page read as an upload is. It prints a table.
"""

import io
import json
import os
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from ingest.parsers.content import ParsedPage
from ingest.parsers.pictures.recognition import ENGINES, VARIABLE
from ingest.stages.parse_child import parse

A4_INCHES = (8.27, 11.69)
RESOLUTIONS = (150, 300)
SIZE_PT, LEADING, MARGIN_INCHES = 11, 1.5, 1.0
FONTS = {
    "en": ("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    "zh": ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
}
LONGEST = {"en": 2000, "zh": 900}  # characters of a page
FILINGS = 3
INK, PAPER = 0, 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A page as a picture, and what stands on it, without white space."""

    kind: str
    language: str
    dpi: int
    picture: bytes
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`wrong`: characters to add, drop or change until what was read is what stands there."""

    kind: str
    language: str
    dpi: int
    characters: int
    wrong: int
    seconds: float


def scans(data: Path) -> Iterator[Scan]:
    """Yield the pages, the same in every run."""
    texts = {"en": list(_paragraphs(data / "handbook")), "zh": list(_paragraphs(data / "policy-zh"))}
    for dpi in RESOLUTIONS:
        for language, paragraphs in texts.items():
            chance = Random(f"{language} {dpi}")
            for kind, make in KINDS.items():
                picture, text = make(_choose(paragraphs, chance, LONGEST[language]), language, dpi)
                yield Scan(kind=kind, language=language, dpi=dpi, picture=_png(picture), text=bare(text))
        for path in sorted((data / "financebench-a" / "pdfs").glob("*.pdf"))[:FILINGS]:
            yield _printed(path, dpi)


def bare(text: str) -> str:
    """Return a text without white space and without the bars that part cells."""
    return "".join(text.replace(" | ", "").split())


def distance(first: str, second: str) -> int:
    """Return how many characters have to be added, dropped or changed. Source: Myers 1999, in the form of Hyyrö 2003."""
    if not first:
        return len(second)
    places: dict[str, int] = {}
    for number, character in enumerate(first):
        places[character] = places.get(character, 0) | 1 << number
    last, whole = 1 << len(first) - 1, (1 << len(first)) - 1
    up, down, found = whole, 0, len(first)
    for character in second:
        equal = places.get(character, 0)
        vertical = equal | down
        across = ((equal & up) + up ^ up) | equal
        rise, fall = down | ~(across | up), up & across
        found += bool(rise & last) - bool(fall & last)
        rise, fall = (rise << 1 | 1) & whole, fall << 1 & whole
        up, down = (fall | ~(vertical | rise)) & whole, rise & vertical
    return found


def read(scan: Scan) -> Reading:
    """Read a page as an upload does."""
    started = time.perf_counter()
    items = parse(io.BytesIO(scan.picture), name="scan.png", media_type="image/png")
    text = bare("\n".join(item.text for item in items if isinstance(item, ParsedPage)))
    seconds = time.perf_counter() - started
    wrong = min(distance(scan.text, text), len(scan.text))
    return Reading(kind=scan.kind, language=scan.language, dpi=scan.dpi, characters=len(scan.text), wrong=wrong, seconds=seconds)


def _paragraphs(folder: Path) -> Iterator[str]:
    for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
        for paragraph in json.loads(line)["text"].split("\n\n"):
            text = " ".join(paragraph.split())
            if len(text) > 80 and not any(sign in text for sign in "|#*_`<>[]{}"):
                yield text


def _choose(paragraphs: list[str], chance: Random, longest: int) -> list[str]:
    chosen: list[str] = []
    for paragraph in chance.sample(paragraphs, min(len(paragraphs), 60)):
        if sum(map(len, chosen)) + len(paragraph) <= longest:
            chosen.append(paragraph)
    return chosen


def _clean(texts: list[str], language: str, dpi: int) -> tuple[Image.Image, str]:
    return _drawn(texts, language, dpi, columns=1)


def _skewed(texts: list[str], language: str, dpi: int) -> tuple[Image.Image, str]:
    picture, text = _clean(texts, language, dpi)
    return picture.rotate(2, resample=Image.Resampling.BICUBIC, fillcolor=PAPER), text


def _noisy(texts: list[str], language: str, dpi: int) -> tuple[Image.Image, str]:
    picture, text = _clean(texts, language, dpi)
    noise = np.random.default_rng(7)
    pixels = np.asarray(picture, dtype=np.float64)
    pixels = pixels + noise.normal(0, 28, pixels.shape)
    specks = noise.random(pixels.shape)
    pixels[specks < 0.002], pixels[specks > 0.998] = INK, PAPER
    return Image.fromarray(pixels.clip(INK, PAPER).astype(np.uint8)), text


def _grey(texts: list[str], language: str, dpi: int) -> tuple[Image.Image, str]:
    picture, text = _clean(texts, language, dpi)
    return picture.point([90 + shade * 110 // 255 for shade in range(256)]), text


def _sideways(texts: list[str], language: str, dpi: int) -> tuple[Image.Image, str]:
    picture, text = _clean(texts, language, dpi)
    return picture.transpose(Image.Transpose.ROTATE_90), text


def _two_columns(texts: list[str], language: str, dpi: int) -> tuple[Image.Image, str]:
    return _drawn(texts, language, dpi, columns=2)


def _stamped(texts: list[str], language: str, dpi: int) -> tuple[Image.Image, str]:
    picture, text = _clean(texts, language, dpi)
    stamp = Image.new("L", picture.size, PAPER)
    draw, (width, height) = ImageDraw.Draw(stamp), picture.size
    box = (width * 0.55, height * 0.2, width * 0.85, height * 0.2 + width * 0.3)
    draw.ellipse(box, outline=150, width=dpi // 25)
    return Image.fromarray(np.minimum(np.asarray(picture), np.asarray(stamp))), text


def _table(texts: list[str], language: str, dpi: int) -> tuple[Image.Image, str]:
    picture, draw, font = _page(language, dpi)
    words = [
        word
        for text in texts
        for word in (text.split() if language == "en" else [text[at : at + 4] for at in range(0, len(text), 4)])
    ]
    margin, height = round(MARGIN_INCHES * dpi), round(SIZE_PT / 72 * dpi * 2.2)
    width = (picture.width - 2 * margin) // 4
    rows = [[word[:14] for word in words[at : at + 4]] for at in range(0, 4 * 24, 4)]
    for number, row in enumerate(rows):
        for column, word in enumerate(row):
            left, top = margin + column * width, margin + number * height
            draw.rectangle((left, top, left + width, top + height), outline=INK, width=max(1, dpi // 150))
            draw.text((left + height // 4, top + height // 4), word, fill=INK, font=font)
    return picture, "".join(word for row in rows for word in row)


KINDS: dict[str, Callable[[list[str], str, int], tuple[Image.Image, str]]] = {
    "clean": _clean,
    "skewed 2°": _skewed,
    "noisy": _noisy,
    "grey": _grey,
    "two columns": _two_columns,
    "stamped": _stamped,
    "table": _table,
    "on its side": _sideways,
}


def _page(language: str, dpi: int) -> tuple[Image.Image, ImageDraw.ImageDraw, ImageFont.FreeTypeFont]:
    picture = Image.new("L", (round(A4_INCHES[0] * dpi), round(A4_INCHES[1] * dpi)), PAPER)
    return picture, ImageDraw.Draw(picture), ImageFont.truetype(FONTS[language][0], round(SIZE_PT / 72 * dpi))


def _drawn(texts: list[str], language: str, dpi: int, *, columns: int) -> tuple[Image.Image, str]:
    """Draw paragraphs down the columns of a page. Returns: the page, and what found room on it."""
    picture, draw, font = _page(language, dpi)
    margin, gap, step = round(MARGIN_INCHES * dpi), round(0.4 * dpi), round(SIZE_PT / 72 * dpi * LEADING)
    width = (picture.width - 2 * margin - (columns - 1) * gap) // columns
    lines = [line for text in texts for line in [*_wrapped(text, font, width), ""]]
    each = min((picture.height - 2 * margin) // step, -(-len(lines) // columns))
    shown = lines[: each * columns]
    for number, line in enumerate(shown):
        column, row = divmod(number, each)
        draw.text((margin + column * (width + gap), margin + row * step), line, fill=INK, font=font)
    return picture, "".join(shown)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    is_spaced = text.isascii() or text.count(" ") > len(text) / 12
    pieces = text.split(" ") if is_spaced else list(text)
    space, line = (" " if is_spaced else ""), ""
    for piece in pieces:
        longer = f"{line}{space}{piece}" if line else piece
        if line and font.getlength(longer) > width:
            yield line
            line = piece
        else:
            line = longer
    yield line


def _printed(path: Path, dpi: int) -> Scan:
    """Return a page full of text of a filing, as it is printed."""
    document = pypdfium2.PdfDocument(path)
    text, page = max(((document[at].get_textpage().get_text_range(), at) for at in range(4, 24)), key=lambda found: len(found[0]))
    picture = document[page].render(scale=dpi / 72, grayscale=True).to_pil()
    return Scan(kind="filing", language="en", dpi=dpi, picture=_png(picture), text=bare(text))


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG", dpi=(300, 300))
    return stream.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`memory_mb`: of the process that reads, at most."""

    readings: tuple[Reading, ...]
    memory_mb: float


def measure(data: Path, engine: str) -> Measured:
    """Read all pages with one engine."""
    os.environ[VARIABLE] = engine
    readings = tuple(read(scan) for scan in scans(data))
    reader = getattr(ENGINES[engine], "_READER", None)
    if reader is not None:
        reader.end()
    return Measured(readings=readings, memory_mb=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


def table(found: dict[str, Measured]) -> str:
    """Return the table of docs/quality.md."""
    heads = " | ".join(f"{engine}: wrong of 100 | s a page" for engine in found)
    lines = [f"| Pages | {heads} |", "|---|" + "---:|---:|" * len(found)]
    some = next(iter(found.values())).readings
    for group in dict.fromkeys(map(_group, some)):
        lines.append(f"| {group} | {_cells(found, lambda one, group=group: _group(one) == group)} |")
    for language in ("en", "zh"):
        lines.append(f"| all, {language} | {_cells(found, lambda one, language=language: one.language == language)} |")
    return "\n".join(
        [*lines, "", *(f"{engine}: {one.memory_mb:.0f} MB in the process that reads." for engine, one in found.items())]
    )


def _group(reading: Reading) -> str:
    return f"{reading.kind}, {reading.language}, {reading.dpi} dpi"


def _cells(found: dict[str, Measured], belongs: Callable[..., bool]) -> str:
    cells = []
    for measured in found.values():
        chosen = [one for one in measured.readings if belongs(one)]
        wrong, characters = sum(one.wrong for one in chosen), sum(one.characters for one in chosen)
        cells.append(f"{100 * wrong / characters:.1f} | {sum(one.seconds for one in chosen) / len(chosen):.1f}")
    return " | ".join(cells)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with handbook, policy-zh and financebench-a")
    parser.add_argument("--engine", choices=list(ENGINES), help="measure this one alone and print JSON")
    args = parser.parse_args()
    if args.engine:
        print(json.dumps(asdict(measure(args.data, args.engine))))
        return
    found: dict[str, Measured] = {}
    for engine in ENGINES:
        if ENGINES[engine].is_available():
            command = [sys.executable, "-m", "evals.scans", "--data", str(args.data), "--engine", engine]
            told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            readings = tuple(Reading(**row) for row in told["readings"])
            found[engine] = Measured(readings=readings, memory_mb=told["memory_mb"])
    print(table(found))


if __name__ == "__main__":
    main()
