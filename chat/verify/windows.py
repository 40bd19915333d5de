"""Split evidence into sentences, and these into the small windows that claims are compared with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from chat.types import Evidence
from chat.verify.planted import is_planted
from language.quantities import Quantity, normalize, read_quantities, unit_mentions
from language.sentences import is_table_row, split_sentences
from language.wording import Wording, coverage, read_wording

MAX_SENTENCES = 3  # in one window
_SEEDS = 3  # best sentences of one passage that windows grow from
_LEAST_SEED = 0.2  # coverage of the claim by one sentence, below which no window grows from it
_TRIM = re.compile(r"^[\s|>*_#-]+|[\s|*_]+$")
_VALUE = re.compile(r"[$€£¥]\s?\d|\d[\d.,]*\s?(?:%|[^\W\d_])")


@dataclass(frozen=True)
class EvidenceSentence:
    """One sentence of a passage; offsets are into the passage's text."""

    start: int
    end: int
    text: str  # normalised
    lead: str  # normalised: what it hangs on: the sentence before a list, the header row of its table
    lead_ranges: tuple[tuple[int, int], ...] = ()  # where that stands in the passage's text
    is_row: bool = False  # of a table
    header: str = ""  # normalised: the header row of its table: for that row itself its own text
    follows_gap: bool = False  # what stands before it in the passage speaks to an assistant, and was left out
    layout: str = ""  # what stands between the sentence before and this one: white space, list markers

    @cached_property
    def wording(self) -> Wording:
        return read_wording(self.text)  # when it is asked for: whether the evidence suffices is judged without it

    @cached_property
    def item(self) -> str:
        """What stands before the sentence on its line: the marker of a list item ("-", "2.", "（三）"), or nothing."""
        return self.layout.rpartition("\n")[2].strip()

    @property
    def begins_line(self) -> bool:
        return "\n" in self.layout or self.start == len(self.layout)


@dataclass(frozen=True)
class Window:
    """Up to three adjacent sentences of one passage, with their title, headings and lead-in."""

    evidence: Evidence
    sentences: tuple[EvidenceSentence, ...]
    context: str  # normalised: title, heading path, the table's header that the passage continues
    lead: str = ""  # normalised: what the sentences hang on

    @property
    def start(self) -> int:
        return self.sentences[0].start

    @property
    def end(self) -> int:
        return self.sentences[-1].end

    @cached_property
    def text(self) -> str:
        return "\n".join(sentence.text for sentence in self.sentences)

    @property
    def led_text(self) -> str:
        """The text with what it hangs on: negation and direction may stand there."""
        return f"{self.lead}\n{self.text}" if self.lead else self.text

    @cached_property
    def whole(self) -> str:
        return "\n".join(part for part in (self.context, self.led_text) if part)

    @cached_property
    def own_terms(self) -> frozenset[str]:
        return frozenset().union(*(sentence.wording.terms for sentence in self.sentences))

    @cached_property
    def terms(self) -> frozenset[str]:
        return self.own_terms | read_wording(f"{self.context}\n{self.lead}").terms

    @cached_property
    def quantities(self) -> list[Quantity]:
        return read_quantities(self.text)

    @cached_property
    def context_quantities(self) -> list[Quantity]:
        return read_quantities(f"{self.context}\n{self.lead}")

    @cached_property
    def units(self) -> frozenset[str]:
        return unit_mentions(self.whole)

    def quote(self) -> tuple[str, int, int]:
        """Return the exact words in the passage and their offsets in the page."""
        raw = self.evidence.text[self.start : self.end]
        head = _TRIM.match(raw)
        start = self.start + (head.end() if head and head.end() < len(raw) else 0)
        raw = self.evidence.text[start : self.end]
        trimmed = raw.rstrip(" \t\n|") or raw
        place = self.evidence.place
        if place.correction is not None:
            return trimmed, place.start, place.end  # these words do not stand on the page: what they correct does
        first = place.start + start
        return trimmed, first, first + len(trimmed)


class Passage:
    """One piece of evidence, cut and analysed at first use."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @cached_property
    def context(self) -> str:
        evidence = self.evidence
        return normalize(" \n ".join(part for part in (evidence.place.title, *evidence.heading_path, evidence.prefix) if part))

    @cached_property
    def sentences(self) -> list[EvidenceSentence]:
        text = self.evidence.text
        found: list[EvidenceSentence] = []
        lead, header = "", normalize(self.evidence.prefix.strip().partition("\n")[0])
        lead_range = header_range = (0, 0)
        previous_end, in_table, follows_gap = 0, False, False
        for span in split_sentences(text):
            plain = normalize(span.text)
            if is_planted(plain) or (plain != span.text and is_planted(span.text)):
                previous_end, follows_gap = span.end, True
                continue
            between = text[previous_end : span.start]
            is_row = is_table_row(plain)
            if not is_row or "\n\n" in between:
                header, header_range, in_table = "", (0, 0), False
            has_head = not any(start <= span.start < end for start, end in self.evidence.headless)
            if is_row and has_head and not (in_table or header or _holds_values(plain)):
                header, header_range = plain, (span.start, span.end)
            in_table = is_row
            is_item = bool(between.strip()) or plain.endswith((";", "；"))
            if "\n\n" in between and not is_item and not is_row:
                lead = ""
            above = [(said, place) for said, place in ((lead, lead_range), (header, header_range)) if said and said != plain]
            if not re.fullmatch(r"[|\s:.-]*", plain):
                hangs_on = " ".join(said for said, _ in above)
                ranges = tuple(sorted(place for _, place in above))
                names = header if is_row else ""
                found.append(EvidenceSentence(span.start, span.end, plain, hangs_on, ranges, is_row, names, follows_gap, between))
                follows_gap = False
            if plain.endswith((":", "：")):
                lead, lead_range = plain, (span.start, span.end)
            previous_end = span.end
        return found

    def windows(self, claim: Wording) -> list[Window]:
        """Return the windows that may support the claim, best first. Each sentence that is added brings words of the claim."""
        sentences = self.sentences
        shares = [coverage(claim.terms, sentence.wording.terms) for sentence in sentences]
        seeds = sorted(range(len(sentences)), key=lambda i: -shares[i])[:_SEEDS]
        found: dict[tuple[int, int], float] = {}
        for seed in seeds:
            if shares[seed] < _LEAST_SEED and not (claim.terms <= self.context_terms and seed == seeds[0]):
                continue
            first = last = seed
            # A row holds its header's words without the header beside it: the row alone is to be quoted.
            held = sentences[seed].wording.terms | read_wording(sentences[seed].header).terms
            found[first, last] = coverage(claim.terms, held)
            while last - first + 1 < MAX_SENTENCES:
                beside = [first - 1] if first and not sentences[first].follows_gap else []
                if last + 1 < len(sentences) and not sentences[last + 1].follows_gap:
                    beside.append(last + 1)
                options = [(i, sentences[i].wording.terms) for i in beside]
                gains = [(len((words - held) & claim.terms), i) for i, words in options]
                gain, best = max(gains, default=(0, -1))
                if gain < 1:
                    break
                held = held | sentences[best].wording.terms
                first, last = min(first, best), max(last, best)
                found[first, last] = coverage(claim.terms, held)
        ordered = sorted(found, key=lambda key: (-round(found[key] - 0.08 * (key[1] - key[0]), 3), key))
        return [self._window(first, last) for first, last in ordered]

    def whole(self, first: int, last: int) -> Window:
        return self._window(first, last)

    @cached_property
    def context_terms(self) -> frozenset[str]:
        return read_wording(self.context).terms

    def _window(self, first: int, last: int) -> Window:
        chosen: Sequence[EvidenceSentence] = self.sentences[first : last + 1]
        leads = dict.fromkeys(sentence.lead for sentence in chosen if sentence.lead)
        return Window(self.evidence, tuple(chosen), self.context, "\n".join(leads))


def _holds_values(row: str) -> bool:
    """Tell whether a table's first row holds amounts ("15 years", "$500"), and so does not name the columns."""
    return any(_VALUE.match(cell.strip()) for cell in row.split("|")[1:])
