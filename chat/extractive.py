"""The answer without a language model: the evidence's best sentences, word for word, each with its marker."""

import re
from collections.abc import Sequence

from chat.candidates import Candidate, is_chinese
from chat.rarity import telling_share, telling_weights
from chat.verify.quantities import normalize
from chat.verify.windows import Passage
from retrieval.analyzer import terms

MAX_SENTENCES = 3
# A further sentence is shown where it is nearly as good as the best, or less good but with what the question asks besides.
# On squad2-a and cmrc-a the first two of three sentences hold the answer hardly more often than these: .86 and .88 against .90.
_NEAR_BEST, _ADDS_FROM = 0.9, 0.75  # shares of the best score
_ADDS = 0.15  # share of the question's weight that the sentences before do not hold
_POINTS_BACK = re.compile(
    r"^(?:it|its|he|she|they|this|these|that|those|such|his|her|their|here|in this case|for this reason|the former|the latter)\b"
    r"|^(?:它|他|她|其|该|此|这|上述|前款|本条)",
    re.IGNORECASE,
)
_LONGEST_LEAD = 160  # characters
_LEAST_TERMS = 3  # a shorter sentence is a heading or a label


def extract(question: str, candidates: Sequence[Candidate]) -> list[str]:
    """Return at most three sentences that answer best, best first, each ending with its marker "[n]".

    Args:
        candidates: best first, as `chat.candidates.rank_sentences` gives them.
    Returns: sentences as they stand in the evidence (line breaks within one become spaces); empty where there is nothing to quote.
    """
    ranked = [candidate for candidate in candidates if _is_quotable(candidate, question)]
    weights = telling_weights(normalize(question))
    chosen: list[tuple[Passage, int]] = []
    held = ""
    for candidate in ranked:
        if len(chosen) >= MAX_SENTENCES or candidate.score < _ADDS_FROM * ranked[0].score:
            break
        place = (candidate.passage, candidate.position)
        if place in chosen or _repeats(candidate, chosen):
            continue
        now_held = "\n".join([held, candidate.passage.context, candidate.sentence.lead, candidate.sentence.text])
        adds = telling_share(weights, now_held) - telling_share(weights, held)
        if candidate.score < _NEAR_BEST * ranked[0].score and adds < _ADDS:
            continue
        held = now_held
        needed = _antecedent(candidate)
        if needed is not None and len(chosen) < MAX_SENTENCES - 1 and (candidate.passage, needed) not in chosen:
            chosen.append((candidate.passage, needed))
        chosen.append(place)
    return [_quote(passage, position) for passage, position in chosen]


def _is_quotable(candidate: Candidate, question: str) -> bool:
    """A heading, a question, a lead-in or a table's header answers nothing by itself."""
    sentence = candidate.sentence
    text = sentence.text
    if text.endswith((":", "：", "?", "？")) or text.startswith("#"):
        return False
    if sentence.is_row and sentence.header == text:
        return False
    size = len(text) / 3 if is_chinese(text) else len(terms(text))
    has_figure = bool(re.search(r"\d", text))
    raw = candidate.evidence.text
    is_whole_line = (sentence.start == 0 or raw[sentence.start - 1] == "\n") and raw[sentence.end : sentence.end + 1] in ("", "\n")
    return (size >= _LEAST_TERMS or has_figure) and not (
        is_whole_line and size < 2 * _LEAST_TERMS and not re.search(r"[.!。！;；|\d]", text)
    )


def _antecedent(candidate: Candidate) -> int | None:
    """Return the sentence before, where this one only points back to it."""
    if candidate.position == 0 or not _POINTS_BACK.match(candidate.sentence.text):
        return None
    before = candidate.passage.sentences[candidate.position - 1]
    return candidate.position - 1 if len(terms(before.text)) >= _LEAST_TERMS and not before.text.endswith((":", "：")) else None


def _repeats(candidate: Candidate, chosen: Sequence[tuple[Passage, int]]) -> bool:
    words = candidate.sentence.wording.terms
    figures = set(re.findall(r"\d+", candidate.sentence.text))
    for passage, position in chosen:
        other = passage.sentences[position]
        is_same = len(words & other.wording.terms) >= 0.85 * min(len(words), len(other.wording.terms))
        if is_same and figures <= set(re.findall(r"\d+", other.text)):
            return True
    return False


def _quote(passage: Passage, position: int) -> str:
    """Return the sentence as one line; a row with its table's header, a list item with what introduces it."""
    sentence = passage.sentences[position]
    text = _one_line(passage.evidence.text[sentence.start : sentence.end])
    if sentence.is_row:
        text = _row(sentence.header, text)
    elif sentence.lead and len(sentence.lead) <= _LONGEST_LEAD:
        text = f"{sentence.lead} {text}"
    return f"{text} [{passage.evidence.marker}]"


def _row(header: str, row: str) -> str:
    """Return "Grade: Manager; Limit: $500"; the bare cells where header and row do not match."""
    names, cells = _cells(header), _cells(row)
    if len(names) != len(cells):
        names, cells = _without_edges(names), _without_edges(cells)
    if len(names) != len(cells):
        return "; ".join(cell for cell in cells if cell)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell)


def _cells(row: str) -> list[str]:
    """Return the cells, empty ones too: the first of a header often is."""
    return [cell.strip() for cell in row.split("|")]


def _without_edges(cells: list[str]) -> list[str]:
    """Leave out what stands outside the bars at the edges of a row, which one of two rows may have."""
    return cells[1 if cells and not cells[0] else 0 : -1 if len(cells) > 1 and not cells[-1] else None]


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", "" if is_chinese(text) else " ", text).strip()
