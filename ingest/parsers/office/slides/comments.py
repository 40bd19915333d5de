"""What readers noted on a slide, in the older and the newer form of comments."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from ingest.parsers.office.word.names import A

PARTS = ("/comments",)
AUTHORS = ("/commentAuthors", "/authors")


def comments_of(slide: Any, package_part: Any) -> Iterator[str]:
    """Yield "Comment by Ann (2026-02-11): text" for each. `package_part`: of the presentation, which knows the authors."""
    roots = list(_roots(slide.part, PARTS))
    if not roots:
        return
    names = {
        author.get("id", ""): author.get("name", "")
        for root in _roots(package_part, AUTHORS)
        for author in root
        if author.get("name")
    }
    for root in roots:
        for comment in root.iter("{*}cm", "{*}reply"):
            text = " ".join(_text(comment).split())
            if text:
                author = names.get(comment.get("authorId", ""), "")
                date = (comment.get("dt") or comment.get("created") or "")[:10]
                yield f"Comment{f' by {author}' if author else ''}{f' ({date})' if date else ''}: {text}"


def _roots(part: Any, endings: tuple[str, ...]) -> Iterator[etree._Element]:
    for relation in part.rels.values():
        if not relation.is_external and relation.reltype.endswith(endings):
            try:
                yield etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
            except etree.XMLSyntaxError:
                continue


def _text(comment: etree._Element) -> str:
    """Return the words of a comment, not those of the answers to it."""
    plain = comment.find("{*}text")
    if plain is not None:
        return plain.text or ""
    body = comment.find("{*}txBody")
    return (
        " ".join("".join(text.text or "" for text in one.iter(f"{A}t")) for one in body.iter(f"{A}p")) if body is not None else ""
    )
