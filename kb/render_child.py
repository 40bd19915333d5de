"""Renders one page of one PDF; started by kb.render as `python -m kb.render_child`. Knows no Django."""

import io

from kb.child import Channel, confine, read_request

MAX_POINTS = 20_000
MAX_PIXELS = 24_000_000


def main() -> None:
    request = read_request()
    confine(request["limits"])
    channel = Channel()
    import pypdfium2 as pdfium  # after the limits are set: the library is what they are for

    try:
        document = pdfium.PdfDocument(request["path"])
        page = document[request["page"] - 1]
    except (pdfium.PdfiumError, IndexError) as error:
        channel.send({"refused": str(error)})
        channel.close()
    width, height = page.get_size()
    scale = request["width"] / max(width, 1)
    if not (1 <= width <= MAX_POINTS and 1 <= height <= MAX_POINTS) or width * height * scale * scale > MAX_PIXELS:
        channel.send({"refused": "size"})
        channel.close()
    stream = io.BytesIO()
    page.render(scale=scale).to_pil().convert("RGB").save(stream, "WEBP", quality=82, method=2)
    channel.send({"picture": True, "width": width, "height": height}, stream.getvalue())
    channel.send({"done": True})
    channel.close()


if __name__ == "__main__":
    main()
