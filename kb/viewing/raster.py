"""Pictures as documents: a frame is decoded only after its header said that it fits. Knows no Django."""

import warnings
from typing import BinaryIO, cast

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "TIFF")
IN_DOCUMENTS = (*FORMATS, "BMP", "GIF", "WEBP")  # what stands in documents and nobody uploads
MAX_PIXELS = 80_000_000  # of one frame: A3 at 600 dots per inch has 70 million
MAX_SIDE = 60_000
DAMAGE = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, ZeroDivisionError)
LONGEST_POINTS = 842.0  # of a frame that does not say how large it is: as high as A4
MIN_DPI, MAX_DPI = 72, 1200


class RasterRefused(Exception):
    """`code`: "damaged", "too_many_pixels"."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def count_frames(stream: BinaryIO, *, limit: int) -> int:
    """Return how many pages the picture has, at most `limit` + 1: a chain of frames may have no end. Raises: RasterRefused.

    Only a TIFF has pages; what else a camera puts behind a photo (its preview, its depth) is not for readers.
    """
    with _open(stream) as image:
        if image.format != "TIFF":
            return 1
        count = 1
        try:
            while count <= limit:
                image.seek(count)
                count += 1
        except EOFError:
            return count
        except DAMAGE:
            return count  # what follows a broken frame cannot be found
        return count


def read_frame(stream: BinaryIO, number: int, *, mode: str, formats: tuple[str, ...] = FORMATS) -> tuple[Image.Image, float]:
    """Return a frame, upright, without transparency, in `mode` ("L" or "RGB"), and the size of its pixels in points.

    Args: number: from 1.
    Raises: RasterRefused: larger than MAX_PIXELS by its header, or it does not decode.
    """
    with _open(stream, formats) as image:
        try:
            image.seek(number - 1)
            _check(image)
            points = _points_per_pixel(image)
            image.draft("L" if mode == "L" else None, image.size)
            image.load()
            return _flat(ImageOps.exif_transpose(image), mode), points
        except (*DAMAGE, Image.DecompressionBombError) as error:
            raise RasterRefused("damaged", f"frame {number}: {type(error).__name__}: {error}") from error


def _open(stream: BinaryIO, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Read the header. Pillow's own warning of bombs is ours to give."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(stream, formats=formats)
    except Image.DecompressionBombError as error:
        raise RasterRefused("too_many_pixels", str(error)) from error
    except (UnidentifiedImageError, *DAMAGE) as error:
        raise RasterRefused("damaged", f"{type(error).__name__}: {error}") from error
    _check(image)
    return image


def _check(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise RasterRefused("too_many_pixels", f"{width} x {height}")


def _points_per_pixel(image: Image.Image) -> float:
    """Return the size of a pixel in points: by the resolution that the picture declares, where that is a likely one."""
    try:
        dpi = float(image.info.get("dpi", (0, 0))[0])
    except DAMAGE:
        dpi = 0.0
    return 72 / dpi if MIN_DPI <= dpi <= MAX_DPI else LONGEST_POINTS / max(image.size)


def _flat(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits and more: Pillow clips them unless they are scaled
        _, highest = cast(tuple[float, float], image.getextrema())  # of the one band
        scale = 255 / (65_535 if image.mode.startswith("I;16") or highest > 255 else 255)
        image = image.convert("F").point(lambda value: value * scale + 0).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        image = paper
    return image.convert(mode)
