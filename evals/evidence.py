"""Evidence of texts that no document holds, to measure what is made of it."""

from chat.types import Evidence
from kb.place import Place
from retrieval.types import Hit


def evidence_of(
    marker: int,
    text: str,
    *,
    title: str = "",
    uid: str = "d",
    heading_path: tuple[str, ...] = (),
    prefix: str = "",
    start: int = 0,
) -> Evidence:
    """Return a text as evidence, at the rank of its marker.

    Args:
        uid: of its document and version; passages of one document have the same.
        start: of the text in its page.
    """
    return Evidence(
        marker=marker,
        chunk_id=marker,
        place=Place(document=title, document_uid=uid, title=title, version=1, version_uid=uid, start=start, end=start + len(text)),
        heading_path=heading_path,
        prefix=prefix,
        text=text,
        text_hash="",
        hit=Hit(chunk_id=marker, score=1.0, rank=marker),
    )
