"""What a text is checked against: passages that come with it, or what a search finds for each of its sentences."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from chat.checking.values import GivenText
from chat.errors import SearchFailed
from chat.flow.dependencies import AnswerDependencies
from chat.flow.evidence import gather_evidence
from chat.flow.rights import reader_of
from chat.types import Evidence
from chat.verify import Verifier
from kb.place import Place
from retrieval.errors import RetrievalError
from retrieval.types import Hit

FOUND = 6  # passages that are looked at for each sentence


def evidence_of_passages(passages: Sequence[str]) -> tuple[Evidence, ...]:
    """Return passages as evidence, numbered from 1; no document holds them."""
    return tuple(_evidence_of(marker, passage) for marker, passage in enumerate(passages, start=1))


def _evidence_of(marker: int, text: str) -> Evidence:
    place = Place(document="", document_uid="", title="", version=0, version_uid="", start=0, end=len(text))
    digest = hashlib.sha256(text.encode()).hexdigest()
    hit = Hit(chunk_id=marker, score=1.0, rank=marker)
    return Evidence(marker=marker, chunk_id=marker, place=place, heading_path=(), prefix="", text=text, text_hash=digest, hit=hit)


class Library:
    """Searches one collection for the evidence of each sentence, as its reader may read it at that moment.

    Args:
        given: names the collection and the reader.
    """

    def __init__(self, given: GivenText, dependencies: AnswerDependencies) -> None:
        self._given, self._dependencies = given, dependencies
        self._known: dict[int, Evidence] = {}  # by chunk
        self._of_question: tuple[Evidence, ...] | None = None
        self._passages: dict[int, Verifier] = {}
        self.generation: int | None = None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All that was found, in the order of its markers."""
        return tuple(self._known.values())

    def __call__(self, sentence: str, /) -> Verifier:
        """Raises: SearchFailed, AccessEnded."""
        asked = self._given.question
        if asked and self._of_question is None:
            self._of_question = self._find(asked)
        found = dict.fromkeys((*self._find(sentence), *(self._of_question or ())))
        return Verifier(tuple(found), score_texts=self._dependencies.score_texts, second_judge=self._dependencies.second_judge)

    def _find(self, question: str) -> tuple[Evidence, ...]:
        reader = reader_of(self._given.credential)
        config = replace(self._dependencies.search_config, limit=FOUND)
        try:
            found = self._dependencies.search(question, user=reader, collection=self._given.collection, config=config)
        except (RetrievalError, OSError) as error:
            raise SearchFailed(str(error)) from error
        self.generation = found.result.index_generation
        return tuple(self._number(one) for one in gather_evidence(found.passages[:FOUND], user=reader))

    def _number(self, one: Evidence) -> Evidence:
        """Return evidence under the marker that its chunk has in this check."""
        return self._known.setdefault(one.chunk_id, replace(one, marker=len(self._known) + 1))
