"""Writes OpenDocument files with the content that a test gives as XML."""

import io
import zipfile

NAMES = ["office", "text", "table", "style", "draw", "presentation", "meta", "fo", "svg"]
URNS = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in NAMES}
URNS |= {
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xlink": "http://www.w3.org/1999/xlink",
    "math": "http://www.w3.org/1998/Math/MathML",
}
DECLARED = " ".join(f'xmlns:{name}="{urn}"' for name, urn in URNS.items())


def open_document(
    kind: str,
    body: str,
    *,
    styles: str = "",
    shared: str = "",
    meta: str = "",
    doctype: str = "",
    parts: dict[str, bytes] | None = None,
) -> bytes:
    """A file. `kind`: text, spreadsheet or presentation. `styles`: of the content; `shared`: all of styles.xml. `parts`: more."""
    content = (
        f'<?xml version="1.0"?>{doctype}<office:document-content {DECLARED} office:version="1.3">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    files = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}".encode(),
        "content.xml": content.encode(),
        "styles.xml": f"<office:document-styles {DECLARED}>{shared}</office:document-styles>".encode(),
        "meta.xml": f"<office:document-meta {DECLARED}><office:meta>{meta}</office:meta></office:document-meta>".encode(),
        **(parts or {}),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def embedded(root: str) -> bytes:
    """The content of a document in a document."""
    return root.replace(">", f" {DECLARED}>", 1).encode()
