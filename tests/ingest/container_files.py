"""Files that hold files: books, web archives, zips of documents."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = (
    '<?xml version="1.0" encoding="utf-8"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
    '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title><dc:creator>Ada Stone</dc:creator>'
    "</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
)
ITEM = '<item id="c{0}" href="text/chapter%20{0}.xhtml" media-type="application/xhtml+xml"/>'
PAGE = (
    '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
    '<body><a id="top"/>{0}</body></html>'
)


def zipped(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def epub(
    chapters: Sequence[str], *, title: str = "Book", order: Sequence[int] = (), more: Mapping[str, bytes] | None = None
) -> bytes:
    """A book. `order`: of its spine, by number from 1; `more`: further entries."""
    order = order or range(1, len(chapters) + 1)
    items = "".join(ITEM.format(number) for number in sorted({*order, *range(1, len(chapters) + 1)}))
    package = PACKAGE.format(title=title, items=items, spine="".join(f'<itemref idref="c{number}"/>' for number in order))
    files = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": CONTAINER.encode(),
        "OEBPS/content.opf": package.encode(),
    }
    pages = {f"OEBPS/text/chapter {number}.xhtml": PAGE.format(text).encode() for number, text in enumerate(chapters, start=1)}
    return zipped({**files, **pages, **(more or {})}, method=zipfile.ZIP_STORED)


def web_archive(page: str, *, sheets: Mapping[str, str] | None = None) -> bytes:
    """A page as a browser or Excel saves it, with further pages by their names."""
    whole = MIMEMultipart("related", type="text/html")
    whole["From"], whole["Subject"] = "<Saved by Blink>", "A page"
    for name, text in {"page.htm": page, **(sheets or {})}.items():
        part = MIMEText(text, "html", "utf-8")
        part["Content-Location"] = f"file:///C:/D1/{name}"
        whole.attach(part)
    return whole.as_bytes()
