"""The passages that an answer may cite: chosen, completed with neighbours, numbered; and checked again while the answer streams."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from accounts.models import User
from chat.types import Evidence
from kb.models import Chunk, Document
from kb.place import place_of
from language.list_items import begins_with_item
from retrieval.types import Hit

MAX_PASSAGES = 8
MAX_EVIDENCE = 10  # neighbours included
NEIGHBOURS_OF_BEST = 3  # how many of the best passages are completed
_LONGEST_MARKER = 16  # characters, with the white space before a list item
_RUNNING_ON = frozenset({"table", "list"})


class FoundPassage(Protocol):
    """A passage as the search returns it."""

    @property
    def chunk(self) -> Chunk: ...

    @property
    def hit(self) -> Hit: ...


def gather_evidence(passages: Sequence[FoundPassage], *, user: User) -> tuple[Evidence, ...]:
    """Number the best passages from 1 in the order of the search; a neighbour that completes a table or a list follows
    the passage that it completes."""
    chosen: list[tuple[Chunk, Hit]] = []
    for passage in passages[:MAX_PASSAGES]:
        if not _is_already_included(passage.chunk, chosen):
            chosen.append((passage.chunk, passage.hit))
    neighbours = _neighbours([chunk for chunk, _hit in chosen[:NEIGHBOURS_OF_BEST]], user=user)
    completed: list[tuple[Chunk, Hit]] = []
    for chunk, hit in chosen:
        for ordinal in (chunk.ordinal - 1, chunk.ordinal, chunk.ordinal + 1):
            near = neighbours.get((chunk.version_id, ordinal))
            if ordinal == chunk.ordinal:
                completed.append((chunk, hit))
            elif near and not _is_already_included(near, [*chosen, *completed]):
                # It was not found by itself: it stands at its passage's rank, and no stage has scored it.
                completed.append((near, Hit(chunk_id=near.pk, score=hit.score, rank=hit.rank)))
    return tuple(evidence_of(marker, chunk, hit) for marker, (chunk, hit) in enumerate(completed[:MAX_EVIDENCE], start=1))


def are_readable(chunk_ids: Iterable[int], *, user: User) -> bool:
    """Say whether this user may still read every one of these chunks: not deleted, not replaced, not revoked."""
    wanted = set(chunk_ids)
    return not wanted or Chunk.objects.visible_to(user).filter(pk__in=wanted).count() == len(wanted)


def are_open(document_uids: Iterable[str], *, user: User) -> bool:
    """Say whether answers to this user may still rest on every one of these documents, in whichever version."""
    wanted = set(document_uids)
    return not wanted or Document.objects.answering_for(user).filter(uid__in=wanted).count() == len(wanted)


def _is_already_included(chunk: Chunk, chosen: Iterable[tuple[Chunk, Hit]]) -> bool:
    return any(
        other.pk == chunk.pk
        or other.text_hash == chunk.text_hash
        or (other.page_id == chunk.page_id and other.start <= chunk.start and chunk.end <= other.end)
        for other, _hit in chosen
    )


def _neighbours(chunks: Sequence[Chunk], *, user: User) -> dict[tuple[int, int], Chunk]:
    """Return, by version and ordinal, the chunks that these ones' tables and lists go on in."""
    wanted = {(chunk.version_id, chunk.ordinal + step) for chunk in chunks for step in _steps(chunk)}
    if not wanted:
        return {}
    near = (
        Chunk.objects.visible_to(user)
        .filter(version__in={version for version, _ in wanted}, ordinal__in={ordinal for _, ordinal in wanted})
        .filter(edition__in={chunk.edition for chunk in chunks})  # a search sees one
        .select_related("page", "version__document")
    )
    return {(chunk.version_id, chunk.ordinal): chunk for chunk in near if (chunk.version_id, chunk.ordinal) in wanted}


def _steps(chunk: Chunk) -> list[int]:
    """-1 where the chunk begins inside a table or list, +1 where it ends inside one, or with a colon.

    A parser marks few lists as such (clauses of a law are paragraphs): what begins like an item counts as one."""
    steps = [-1] if chunk.prefix else []
    for block in chunk.page.blocks:
        if block.get("kind") in _RUNNING_ON:
            if block["start"] < chunk.start < block["end"]:
                steps.append(-1)
            if block["start"] < chunk.end < block["end"]:
                steps.append(1)
    following = chunk.page.text[chunk.end : chunk.end + _LONGEST_MARKER]
    if begins_with_item(following) or chunk.text.rstrip().endswith((":", "：")):
        steps.append(1)
    if begins_with_item(chunk.text):
        steps.append(-1)
    return steps


def evidence_of(marker: int, chunk: Chunk, hit: Hit) -> Evidence:
    """Return a chunk as numbered evidence; it comes with its version, document and page."""
    return Evidence(
        marker=marker,
        chunk_id=chunk.pk,
        place=place_of(chunk),
        heading_path=tuple(chunk.heading_path),
        prefix=chunk.prefix,
        text=chunk.text,
        text_hash=chunk.text_hash,
        hit=hit,
        headless=tuple(
            (max(0, block["start"] - chunk.start), block["end"] - chunk.start)
            for block in chunk.page.blocks
            if block.get("is_headless") and block["start"] < chunk.end and chunk.start < block["end"]
        ),
    )
