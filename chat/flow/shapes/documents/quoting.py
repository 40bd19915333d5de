"""What is quoted of a document as a whole, and of two that are held against each other."""

from collections.abc import Sequence

from chat.verify.quotations import Quotation, take
from chat.verify.windows import Passage
from language.features import terms_of
from language.scripts.script import is_chinese

_LONGEST, _MOST = 1200, 9  # characters and sentences of an overview
_MOST_PAIRS = 6
_ALIKE = 0.5  # share of the words that two sentences on the same matter have in common
_LEAST_TERMS = 3


def quote_overview(passages: Sequence[Passage]) -> list[Quotation]:
    """Return the first sentence below each heading, in the order of the document; of one without headings, its beginning."""
    sections: dict[tuple[str, ...], list[tuple[Passage, int]]] = {}
    for passage in passages:
        for position, sentence in enumerate(passage.sentences):
            if not sentence.is_row and _says_something(sentence.text):
                sections.setdefault(passage.evidence.heading_path, []).append((passage, position))
    chosen = [places[0] for places in sections.values()]
    if len(chosen) < 3:
        chosen = [place for places in sections.values() for place in places][:_MOST]
    quoted: list[Quotation] = []
    size = 0
    for passage, position in chosen[:_MOST]:
        size += len(passage.sentences[position].text) * (2 if is_chinese(passage.sentences[position].text) else 1)
        if quoted and size > _LONGEST:
            break
        quoted.append(take(passage, position, prefix="\n- "))
    return quoted


def quote_differences(first: Sequence[Passage], second: Sequence[Passage]) -> tuple[list[Quotation], list[Quotation]]:
    """Return the sentences of two documents that say something else of the same matter, in the order of the first."""
    there = [(passage, position) for passage in second for position in range(len(passage.sentences))]
    pairs: list[tuple[tuple[Passage, int], tuple[Passage, int]]] = []
    for passage in first:
        for position, sentence in enumerate(passage.sentences):
            if not _says_something(sentence.text):
                continue
            shares = [(_alikeness(sentence.text, other.sentences[at].text), -place) for place, (other, at) in enumerate(there)]
            share, place = max(shares, default=(0.0, 0))
            other, at = there[-place] if there else (passage, position)
            if share >= _ALIKE and other.sentences[at].text.casefold() != sentence.text.casefold():
                pairs.append(((passage, position), (other, at)))
    kept = pairs[:_MOST_PAIRS]
    return [take(*one, prefix="\n- ") for one, _other in kept], [take(*other, prefix="\n- ") for _one, other in kept]


def _says_something(text: str) -> bool:
    return (
        len(terms_of(text)) >= _LEAST_TERMS and not text.endswith((":", "：", "?", "？")) and text.rstrip()[-1:] in ".。!！;；)）"
    )


def _alikeness(left: str, right: str) -> float:
    here, there = ({term for term in terms_of(text) if not term.isdigit()} for text in (left, right))
    least = min(len(here), len(there))
    return len(here & there) / max(len(here), len(there)) if least >= _LEAST_TERMS else 0.0
