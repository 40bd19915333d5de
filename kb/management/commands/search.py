"""Search from the shell, and see why each passage stands where it does."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.finding import find_user
from accounts.models import User
from kb.index.engine import get_engine
from kb.index.explaining import DocumentExplanation, Explanation, Standing, explain_document, explain_search
from kb.management.finding import find_collection
from kb.models import Collection, Document
from retrieval.errors import RetrievalError

OPERATOR = "operator"
REASONS = {
    "": "",
    "rights": "the user may not read its collection",
    "force": "its document has expired or is not yet valid",
    "off": "switched off",
    "collection": "in another collection",
    "version": "of an older version",
    "deleted": "of a deleted document",
    "gone": "no longer in the database",
    "limit": "ranks too low",
}
QUOTED = 70  # characters of a passage in a line


class Command(BaseCommand):
    help = "Search without asking a model. Without --user it reads every collection, as whoever may run commands could."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("query")
        parser.add_argument("--collection", metavar="SLUG", default="", help="search only this collection (address or name)")
        parser.add_argument("--user", metavar="NAME", default="", help="search with this user's rights")
        parser.add_argument("--explain", action="store_true", help="show each leg's rank and score, and what the filters took away")
        parser.add_argument("--document", metavar="NAME", default="", help="say why this document is found or not")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print it as JSON")

    def handle(
        self, *, query: str, collection: str, user: str, explain: bool, document: str, as_json: bool, **options: Any
    ) -> None:
        admin = User(username=OPERATOR, role=User.Role.KNOWLEDGE_ADMIN)
        searcher = find_user(user) if user else admin
        place = find_collection(collection) if collection else None
        try:
            found = explain_search(query, admin=admin, user=searcher, collection=place, engine=get_engine())
            about = [
                explain_document(query, document=row, user=searcher, collection=place, engine=get_engine())
                for row in _find_documents(document, place)
            ]
        except RetrievalError as error:
            raise CommandError(str(error)) from error
        if as_json:
            self.stdout.write(json.dumps(_as_dict(found, about), ensure_ascii=False, indent=2))
            return
        self.stdout.write("\n".join(_lines(found) if explain else _plain(found)))
        for row in about:
            self.stdout.write("\n".join(["", *_document_lines(row)]))


def _find_documents(name: str, collection: Collection | None) -> list[Document]:
    if not name:
        return []
    rows = Document.objects.live().filter(name=name, **({"collection": collection} if collection else {}))
    if not rows:
        raise CommandError(f"There is no document {name!r}.")
    return list(rows)


def _plain(found: Explanation) -> list[str]:
    return [f"{standing.hit.rank:>3}. {_place(standing)}  {_quote(standing)}" for standing in found.shown] or ["Nothing was found."]


def _lines(found: Explanation) -> list[str]:
    terms = [f"{term.written}{' (asks)' * term.is_asking}{' (added)' * term.is_added}" for term in found.terms]
    lines = [
        f"Looked for: {', '.join(terms) or 'no word'}",
        *(f"Read as well: {reading}" for reading in found.readings),
        "The encoder cannot read the query: words alone decide." if found.result.dense_abstained else "Both legs searched.",
        f"Generation {found.result.index_generation}; ms: {found.result.timings_ms}",
        "",
        f"{'':4}{'score':>7}{'words':>16}{'meaning':>16}{'fused':>13}{'rerank':>9}{'numbers':>9}",
    ]
    lines += [line for standing in found.shown for line in _standing_lines(standing, f"{standing.hit.rank:>2}.")]
    lines += ["", "Not shown:"] if found.removed else []
    return lines + [line for standing in found.removed for line in _standing_lines(standing, " - ")]


def _standing_lines(standing: Standing, mark: str) -> list[str]:
    hit = standing.hit
    reason = REASONS[standing.removed_by] + (", repeats a better one" if hit.is_repeat else "")
    return [
        f"{mark:4}{hit.score:>7.3f}{_leg(hit.keyword_rank, hit.keyword_score):>16}{_leg(hit.dense_rank, hit.dense_score):>16}"
        f"{_leg(standing.fused_rank, hit.fused_score):>13}{_figure(hit.rerank_score):>9}{_figure(hit.exact_share):>9}"
        f"  {reason}".rstrip(),
        f"    {_place(standing)}  {_quote(standing)}",
        *([f"    without: {', '.join(standing.missing)}"] if standing.missing else []),
    ]


def _document_lines(row: DocumentExplanation) -> list[str]:
    newest = row.newest
    state = "no version" if newest is None else f"version {newest.number} {newest.status}"
    lines = [f"{row.document.name}: {state}, {row.chunk_count} passages answer"]
    if newest is not None and newest.error_message:
        lines.append(f"  {newest.error_code}: {newest.error_message}")
    if not row.is_readable:
        lines.append(f"  {REASONS['rights']}")
    if not row.is_in_collection:
        lines.append(f"  {REASONS['collection']}")
    if row.unembedded:
        lines.append(f"  {row.unembedded} passages are found by words alone")
    return lines + [line for standing in row.places for line in _standing_lines(standing, "   ")]


def _place(standing: Standing) -> str:
    if standing.chunk is None:
        return "?"
    return f"{standing.chunk.version.document.name}, page {standing.chunk.page.number}"


def _quote(standing: Standing) -> str:
    return "" if standing.chunk is None else " ".join(standing.chunk.text.split())[:QUOTED]


def _leg(rank: int | None, score: float | None) -> str:
    return "–" if rank is None or score is None else f"#{rank} {score:.3f}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _as_dict(found: Explanation, about: list[DocumentExplanation]) -> dict[str, Any]:
    return {
        "query": found.query,
        "readings": list(found.readings),
        "terms": [{"term": term.text, "asks": term.is_asking, "added": term.is_added} for term in found.terms],
        "dense_abstained": found.result.dense_abstained,
        "generation": found.result.index_generation,
        "timings_ms": found.result.timings_ms,
        "shown": [_standing_dict(standing) for standing in found.shown],
        "not_shown": [_standing_dict(standing) for standing in found.removed],
        "documents": [
            {
                "document": row.document.name,
                "state": row.newest.status if row.newest else None,
                "error_code": row.newest.error_code if row.newest else "",
                "readable": row.is_readable,
                "passages": row.chunk_count,
                "places": [_standing_dict(standing) for standing in row.places],
            }
            for row in about
        ],
    }


def _standing_dict(standing: Standing) -> dict[str, Any]:
    hit, chunk = standing.hit, standing.chunk
    return {
        "chunk_id": hit.chunk_id,
        "document": chunk.version.document.name if chunk else None,
        "page": chunk.page.number if chunk else None,
        "rank": hit.rank,
        "score": hit.score,
        "keyword": {"rank": hit.keyword_rank, "score": hit.keyword_score},
        "dense": {"rank": hit.dense_rank, "score": hit.dense_score},
        "fused": {"rank": standing.fused_rank, "score": hit.fused_score},
        "rerank": hit.rerank_score,
        "numbers": hit.exact_share,
        "is_repeat": hit.is_repeat,
        "removed_by": standing.removed_by,
        "found": list(standing.found),
        "missing": list(standing.missing),
    }
