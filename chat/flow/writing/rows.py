"""Which rows of a table a question asks for: "the phone of room R155" is one row, "rooms with 20 seats" are all that have 20."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from chat.judge.candidates import Candidate
from chat.verify.quotations import word_place
from language.features import terms_of
from language.names import names_and_codes
from language.quantities import normalize
from language.records import read_record

MAX_ROWS = 20  # quoted from one table
_FEW = 3  # quoted where one row was asked for and several fit equally
_ALIKE, _AS_GOOD = 6, 0.9  # rows that are quoted where nothing tells them apart; share of the best score that each has then
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WALK = (
    r"(?!(?:is|are|was|were|do|does|did|has|have|had|can|could|may|might|must|shall|should|will|would|of|in|on|at|for|to|by|with|and"
    r"|or|the|a|an|this|his|its|us|as)\b)"
)
_SEVERAL = re.compile(
    rf"\b(?:which|what|list|name|show|give)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?(?:{_WALK}[\w-]+\s+){{0,2}}?{_WALK}[\w-]*[^\W\dsui]s\b"
    r"|\b(?:what|who|which)\s+are\b|\ball\b|\bevery\b|\beach\b|哪些|所有|全部|列出|都有|分别|每个",
    re.IGNORECASE,
)
Fields = tuple[tuple[str, str], ...]
Table = tuple[str, str]


def asks_for_several(question: str) -> bool:
    """Tell whether the answer may be several things: "Which rooms …?", "List …", "哪些……"."""
    return bool(_SEVERAL.search(question))


def table_of(candidate: Candidate) -> Table | None:
    """Return what identifies the table of a row: its document, headings and column names; None for what is no row.

    Rows of spreadsheets may lack cells: of them, document and headings alone identify the table.
    """
    sentence = candidate.sentence
    if sentence.is_row and not sentence.header:
        return None
    if not _fields(candidate):
        return None
    evidence = candidate.evidence
    place = " > ".join((evidence.place.document_uid, evidence.place.title, *evidence.heading_path))
    return place, sentence.header if sentence.is_row else ""


def answering_rows(question: str, ranked: Sequence[Candidate]) -> list[Candidate]:
    """Return the rows that the question asks for, where its best candidate is a row; else, or where nothing tells them apart, none.

    Args:
        ranked: best first; those of the best one's table are compared with each other.
    """
    table = table_of(ranked[0]) if ranked else None
    if table is None:
        return []
    rows = [(candidate, _fields(candidate)) for candidate in ranked if table_of(candidate) == table]
    asked = set(terms_of(normalize(question)))
    weights = _distinguishing_terms(asked, [fields for _, fields in rows])
    if not weights:
        return []
    named = _named_columns(asked, [fields for _, fields in rows])
    scores = [_score(weights, fields, named) for _, fields in rows]
    best = max(scores)
    fitting = [row for row, score in zip(rows, scores, strict=True) if score >= best - 1e-9]
    others = _also_named(question, weights, fitting, rows)
    if asks_for_several(question):
        return [candidate for candidate, _ in (fitting + others)[:MAX_ROWS]]
    closeness = [_closeness(asked, weights, fields) for _, fields in fitting]
    closest = max(closeness)
    nearest = [row for row, share in zip(fitting, closeness, strict=True) if share >= closest - 1e-9]
    return [candidate for candidate, _ in (nearest[:_FEW] + others)[:_FEW]]


def rows_alike(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Return all rows of a small table, in its order, where the best candidate is one and each of them answers as well: a part of
    them would read as all there is. Else none."""
    table = table_of(ranked[0]) if ranked else None
    rows = [candidate for candidate in ranked if table_of(candidate) == table] if table is not None else []
    if not 1 < len(rows) <= _ALIKE or min(row.score for row in rows) < _AS_GOOD * ranked[0].score:
        return []
    return sorted(rows, key=lambda row: (row.evidence.marker, row.position))


def _also_named(
    question: str, weights: dict[str, float], fitting: list[tuple[Candidate, Fields]], rows: list[tuple[Candidate, Fields]]
) -> list[tuple[Candidate, Fields]]:
    """Return the rows of further names and codes of the question: of "E1 and W2" the best row may hold only one."""
    held = {term for _, fields in fitting for term in _value_terms(fields)} & weights.keys()
    least = max((weights[term] for term in held), default=0.0)
    names = {term for name in names_and_codes(question) for term in terms_of(normalize(name))}
    missing = {term for term in names & weights.keys() - held if weights[term] >= least}
    return [row for row in rows if row not in fitting and _value_terms(row[1]) & missing]


def _fields(candidate: Candidate) -> Fields:
    return read_record(word_place(candidate.passage, candidate.position))


def _distinguishing_terms(asked: set[str], rows: Sequence[Fields]) -> dict[str, float]:
    """Return the question's terms that the values of some but not all rows hold, with their inverse document frequency."""
    counts: Counter[str] = Counter(term for fields in rows for term in asked & _value_terms(fields))
    if len(rows) == 1:
        return dict.fromkeys(counts, 1.0)
    return {term: math.log(1 + len(rows) / count) for term, count in counts.items() if count < len(rows)}


def _named_columns(asked: set[str], rows: Sequence[Fields]) -> dict[str, set[str]]:
    """Return for each number of the question the columns that it names and in which the number stands: "20 seats", not floor 20."""
    found: dict[str, set[str]] = {}
    for fields in rows:
        for name, value in fields:
            if asked & set(terms_of(normalize(name))):
                for term in asked & set(terms_of(normalize(value))):
                    if _NUMBER.fullmatch(term):
                        found.setdefault(term, set()).add(name)
    return found


def _score(weights: dict[str, float], fields: Fields, named: dict[str, set[str]]) -> float:
    held = set()
    for name, value in fields:
        held |= {term for term in terms_of(normalize(value)) if term not in named or name in named[term]}
    return sum(weight for term, weight in weights.items() if term in held)


def _closeness(asked: set[str], weights: dict[str, float], fields: Fields) -> float:
    """Return how much of the cells that meet the question it names, in [0, 1]: "Pump A" is nearer to Pump A than "Pump A, old"."""
    met = [terms for _, value in fields if (terms := set(terms_of(normalize(value)))) & weights.keys()]
    return sum(len(terms & asked) / len(terms) for terms in met) / len(met) if met else 0.0


def _value_terms(fields: Fields) -> set[str]:
    return {term for _, value in fields for term in terms_of(normalize(value))}
