"""What somebody may read now of answers that were given before: rights are looked up anew, sentence by sentence."""

from collections.abc import Sequence
from typing import Any

from accounts.models import User
from chat.models import Turn
from chat.types import join_sentences
from kb.models import Chunk, Collection, Document


def readable_answers(turns: Sequence[Turn], *, user: User) -> dict[int, dict[str, Any]]:
    """Return by primary key each turn's answer as its owner may read it now, as `readable_answer` does, in one query."""
    cut = cut_answers([turn.answer for turn in turns], user=user)
    return {turn.pk: answer for turn, answer in zip(turns, cut, strict=True)}


def cut_answers(given: Sequence[dict[str, Any]], *, user: User) -> list[dict[str, Any]]:
    """Return answers, in the contract's JSON, without what this user may not read now, in three queries at most."""
    named = {place["document_uid"] for answer in given for place in _places(answer)}
    visible = Document.objects.answering_for(user).filter(uid__in=named) if named else Document.objects.none()
    readable = {str(uid) for uid in visible.values_list("uid", flat=True)}
    slugs = {row["collection"] for answer in given for row in answer.get("listed", ()) if row["kind"] == "collection"}
    if slugs:
        readable |= set(Collection.objects.readable_by(user).filter(slug__in=slugs).values_list("slug", flat=True))
    cited = {int(citation["chunk_id"]) for answer in given for citation in answer.get("citations", ())}
    off = {str(pk) for pk in Chunk.objects.filter(pk__in=cited, is_off=True).values_list("pk", flat=True)} if cited else set()
    return [_cut_answer(answer, readable, off) for answer in given]


def readable_answer(turn: Turn, *, user: User) -> dict[str, Any]:
    """Return the turn's answer as its owner may read it now.

    A sentence whose document was deleted, or taken from the reader since, is left out and counted in "hidden"; so is one whose
    document is not in force any more, and one whose passage was switched off. A newer version of a document hides nothing: the
    answer names the version that it was given from.
    """
    return readable_answers([turn], user=user)[turn.pk]


def _places(answer: dict[str, Any]) -> list[dict[str, Any]]:
    listed = (row for row in answer.get("listed", []) if row["kind"] == "document")
    return [*answer.get("citations", []), *answer.get("nearest", []), *listed]


def _named(answer: dict[str, Any]) -> set[str]:
    """Return the uids of the documents that an answer names, and the addresses of the collections that it lists."""
    return {place["document_uid"] for place in _places(answer)} | {
        row["collection"] for row in answer.get("listed", []) if row["kind"] == "collection"
    }


def _cut_answer(given: dict[str, Any], readable: set[str], off: set[str]) -> dict[str, Any]:
    """Leave out what rests on documents or collections that are not among `readable`, their uids and addresses, or on passages
    that were switched off, their chunks' ids."""
    answer = dict(given)
    citations, nearest, listed = answer.get("citations", []), answer.get("nearest", []), answer.get("listed", [])
    named = _named(answer)
    if not named:
        return answer | {"normalized_question": ""}  # nothing of a document is told
    if named <= readable and not any(citation["chunk_id"] in off for citation in citations):
        return answer
    kept = [citation for citation in citations if citation["document_uid"] in readable and citation["chunk_id"] not in off]
    markers = {citation["marker"] for citation in kept}
    # Positions in the list, from 1, as they are now and as they will be.
    open_rows = [at for at, row in enumerate(listed, start=1) if (row["document_uid"] or row["collection"]) in readable]
    renumbered = {before: now for now, before in enumerate(open_rows, start=1)}
    sentences = [
        sentence | {"listed": [renumbered[at] for at in sentence.get("listed", ())]}
        for sentence in answer["sentences"]
        if set(sentence["citations"]) <= markers and set(sentence.get("listed", ())) <= renumbered.keys()
    ]
    return answer | {
        "answer": join_sentences((one["prefix"], one["text"], one["citations"]) for one in sentences),
        "sentences": sentences,
        "citations": kept,
        "listed": [listed[at - 1] for at in open_rows],
        "nearest": [near for near in nearest if near["document_uid"] in readable],
        "normalized_question": "",  # in words of what may be hidden, as may be how a model put a follow-up
        "understood_as": "",
        "instead": "",
        "owners": [],
        "question_back": "",
        "approved": None,
        "choices": [],
        "hidden": len(answer["sentences"]) - len(sentences),
    }
