"""The tokenizer of multilingual-e5-small, with the pieces of the scripts that Attest reads: Latin, Greek, Han, kana, and all signs.

The other 110,000 pieces (Cyrillic, Arabic, …) would only take memory: their scripts are unknown to this encoder, and the dense leg
abstains from them. A text in the scripts kept is cut into the same pieces, since no other piece could stand in it.
"""

import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from retrieval.encoding.packed.model_file import ModelFile

KEPT = frozenset({"LATIN", "GREEK", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "COMBINING", "MODIFIER"})
SPACE = "▁"


def read_vocabulary(file: ModelFile) -> tuple[Tokenizer, npt.NDArray[np.int64]]:
    """Return the tokenizer, and which row of the file's vocabulary each of its numbers is."""
    special = set(file.head.special)
    pieces, rows = [], []
    for row, (piece, score) in enumerate(file.pieces()):
        if row in special or _is_kept(piece):
            pieces.append((piece, score))
            rows.append(row)
    numbers = {row: number for number, row in enumerate(rows)}
    begin, end, pad, unknown = (numbers[row] for row in file.head.special)
    return _tokenizer(pieces, begin=begin, end=end, pad=pad, unknown=unknown), np.array(rows, np.int64)


def _is_kept(piece: str) -> bool:
    return piece.isascii() or all(map(_is_kept_character, piece))


@lru_cache(maxsize=65_536)
def _is_kept_character(character: str) -> bool:
    if unicodedata.category(character)[0] not in "LM":
        return True
    return unicodedata.name(character, "?").split(" ")[0] in KEPT


def _tokenizer(pieces: list[tuple[str, float]], *, begin: int, end: int, pad: int, unknown: int) -> Tokenizer:
    """SentencePiece's nmt_nfkc is Nmt and NFKC. Compared with the file's own rules by character: the same but for 30 rare signs."""
    made = Tokenizer(Unigram(pieces, unk_id=unknown, byte_fallback=False))
    library: Any = normalizers
    made.normalizer = library.Sequence([library.Nmt(), library.NFKC(), library.Replace(Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    made.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always")
    first, last = pieces[begin][0], pieces[end][0]
    made.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", pair=f"{first} $A {last} {last} $B {last}", special_tokens=[(first, begin), (last, end)]
    )
    names = [pieces[number][0] for number in (begin, end, pad, unknown)]
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    return made
