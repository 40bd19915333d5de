"""Small Word files, written part by part: what python-docx has no words for (notes, numbering, merged cells) is XML here."""

import io
import zipfile

from docx.oxml.ns import nsdecls

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
NAMESPACES = (
    nsdecls("w", "r", "a")
    + ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:v="urn:schemas-microsoft-com:vml"'
    + ' xmlns:o="urn:schemas-microsoft-com:office:office"'
)
ROOTS = {"footnotes": "footnotes", "endnotes": "endnotes", "comments": "comments", "numbering": "numbering", "styles": "styles"}
ROOTS |= {"header": "hdr", "footer": "ftr"}


def word(body: str, *, links: tuple[str, ...] = (), html: str = "", **parts: str) -> bytes:
    """Return a DOCX. `parts`: the inside of footnotes, styles, header … by name; links are rLink0, rLink1 …; `html` is rHtml."""
    stream = io.BytesIO()
    types = [f'<Override PartName="/word/document.xml" ContentType="{MAIN}.document.main+xml"/>']
    relations = [
        f'<Relationship Id="rLink{number}" Type="{OFFICE}/hyperlink" Target="{target}" TargetMode="External"/>'
        for number, target in enumerate(links)
    ]
    files: dict[str, str] = {}
    for name, inner in parts.items():
        root = ROOTS[name]
        files[f"word/{name}.xml"] = f"<w:{root} {NAMESPACES}>{inner}</w:{root}>"
        types.append(f'<Override PartName="/word/{name}.xml" ContentType="{MAIN}.{name}+xml"/>')
        relations.append(f'<Relationship Id="r{name}" Type="{OFFICE}/{name}" Target="{name}.xml"/>')
    if html:
        files["word/piece.html"] = html
        types.append('<Override PartName="/word/piece.html" ContentType="text/html"/>')
        relations.append(f'<Relationship Id="rHtml" Type="{OFFICE}/aFChunk" Target="piece.html"/>')
    with zipfile.ZipFile(stream, "w") as archive:
        defaults = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types">{defaults}{"".join(types)}</Types>')
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/_rels/document.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(relations)}</Relationships>'
        )
        archive.writestr("word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>")
        for path, content in files.items():
            archive.writestr(path, content)
    return stream.getvalue()


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*inner: str, properties: str = "") -> str:
    """A paragraph of runs; text that is no XML becomes a run."""
    runs = "".join(one if one.startswith("<") else run(one) for one in inner)
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def numbered(number: int, level: int, text: str, style: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return paragraph(text, properties=f'{named}<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def level(depth: int, form: str, text: str, *, start: int = 1, more: str = "") -> str:
    return f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'


def numbering(*levels: str, number: int = 1, override: str = "") -> str:
    """One list: its abstract definition and the number that refers to it."""
    return (
        f'<w:abstractNum w:abstractNumId="{number}">{"".join(levels)}</w:abstractNum>'
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/>{override}</w:num>'
    )


def cell(text: str, properties: str = "") -> str:
    inner = text if text.startswith("<") else paragraph(text)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(one if one.startswith('<w:tc>') else cell(one) for one in cells)}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"
