"""Write Notion's blocks and properties as Markdown."""

from collections.abc import Iterable, Iterator
from typing import Any

Found = dict[str, Any]
HEADINGS = {"heading_1": "## ", "heading_2": "### ", "heading_3": "#### "}  # the page's title is the first
MARKS = {"bulleted_list_item": "- ", "numbered_list_item": "1. ", "quote": "> ", "callout": "> ", "toggle": "- "}
FILES = ("image", "file", "pdf", "video", "audio")
LINKS = ("bookmark", "embed", "link_preview")
CONTAINERS = ("column_list", "column", "synced_block", "table")  # only what they hold is shown
LISTED = ("bulleted_list_item", "numbered_list_item", "to_do")


def write_text(parts: Iterable[Found]) -> str:
    """Return rich text: links and code are marked, the rest is plain."""
    return "".join(map(_part, parts))


def _part(part: Found) -> str:
    text, href = str(part.get("plain_text", "")), part.get("href")
    if part.get("annotations", {}).get("code"):
        text = f"`{text}`"
    return f"[{text}]({href})" if href else text


def write_block(block: Found) -> str:
    """Return a block without what it holds, "" where it shows nothing of its own."""
    kind = str(block["type"])
    value = block.get(kind) or {}
    text = write_text(value.get("rich_text") or ())
    if kind in HEADINGS:
        return HEADINGS[kind] + text
    if kind in MARKS:
        return "\n".join(MARKS[kind] + line for line in text.split("\n"))
    if kind == "to_do":
        return f"- [{'x' if value.get('checked') else ' '}] {text}"
    if kind == "code":
        return f"```{value.get('language', '')}\n{text}\n```"
    if kind == "equation":
        return f"$${value.get('expression', '')}$$"
    if kind == "divider":
        return "---"
    if kind in LINKS:
        return str(value.get("url", ""))
    if kind in FILES:
        return write_text(value.get("caption") or ()) or str(value.get("name", ""))
    if kind in ("child_page", "child_database"):
        return str(value.get("title", ""))
    return text


def write_table(rows: list[Found], *, has_header: bool) -> str:
    """Return a table; Markdown wants a head, so one without has an empty one."""
    cells = [[write_text(cell).replace("|", "\\|").replace("\n", " ") for cell in row["table_row"]["cells"]] for row in rows]
    if not cells:
        return ""
    head = cells.pop(0) if has_header else [""] * len(cells[0])
    lines = [head, ["---"] * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_properties(properties: Found) -> Iterator[str]:
    """Yield a line for each property of a row that has a value, but its title."""
    for name, value in properties.items():
        text = _value(value)
        if text and value.get("type") != "title":
            yield f"- {name}: {text}"


def title_of(properties: Found) -> str:
    found: Found = next((value for value in properties.values() if value.get("type") == "title"), {})
    return "".join(str(part.get("plain_text", "")) for part in found.get("title", ())).strip()


def _value(value: Found) -> str:
    kind = str(value.get("type"))
    found = value.get(kind)
    if found is None:
        return ""
    if kind == "rich_text":
        return write_text(found)
    if kind in ("select", "status"):
        return str(found.get("name", ""))
    if kind in ("multi_select", "people"):
        return ", ".join(str(one.get("name", "")) for one in found)
    if kind == "date":
        return " – ".join(str(found[end]) for end in ("start", "end") if found.get(end))
    if kind == "formula":
        return _value(found)
    if kind == "checkbox":
        return "☑" if found else "☐"
    return str(found) if kind in ("number", "email", "phone_number", "url", "string", "boolean") else ""
