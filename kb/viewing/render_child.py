"""Renders one page of one document; started by kb.viewing.rendering as `python -m kb.viewing.render_child`. Knows no Django."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kb.sandbox.child import Channel, confine, read_request

if TYPE_CHECKING:
    from PIL import Image

MAX_POINTS = 20_000
MAX_PIXELS = 24_000_000


class Unrenderable(Exception):
    """The page cannot be rendered, or would be too large."""


def main() -> None:
    request = read_request()
    confine(request["limits"])
    channel = Channel()
    render = _render_picture if request["media_type"].startswith("image/") else _render_pdf
    stream = io.BytesIO()
    try:
        with Path(request["path"]).open("rb") as original:
            render(original, request["page"], request["width"]).save(stream, "WEBP", quality=82, method=2)
    except Unrenderable as error:
        channel.send({"refused": str(error)})
        channel.close()
    channel.send({"picture": True}, stream.getvalue())
    channel.send({"done": True})
    channel.close()


def _render_pdf(original: BinaryIO, number: int, pixels: int) -> "Image.Image":
    import pypdfium2 as pdfium  # after the limits are set: the library is what they are for

    try:
        page = pdfium.PdfDocument(original)[number - 1]
    except (pdfium.PdfiumError, IndexError) as error:
        raise Unrenderable(str(error)) from error
    width, height = page.get_size()
    scale = pixels / max(width, 1)
    if not (1 <= width <= MAX_POINTS and 1 <= height <= MAX_POINTS) or width * height * scale * scale > MAX_PIXELS:
        raise Unrenderable("size")
    picture: Image.Image = page.render(scale=scale).to_pil()
    return picture.convert("RGB")


def _render_picture(original: BinaryIO, number: int, pixels: int) -> "Image.Image":
    from kb.viewing.raster import RasterRefused, read_frame

    try:
        picture, _ = read_frame(original, number, mode="RGB")
    except RasterRefused as error:
        raise Unrenderable(error.detail) from error
    width, height = picture.size
    if width * height * (pixels / width) ** 2 > MAX_PIXELS:
        raise Unrenderable("size")
    return picture.resize((pixels, max(1, round(height * pixels / width)))) if pixels < width else picture


if __name__ == "__main__":
    main()
