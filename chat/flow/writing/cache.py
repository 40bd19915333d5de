"""Reuse what a model wrote for the same question over the same evidence.

Search, permissions, sufficiency and verification run every time; only the writing is remembered. So the key holds what the writing
came from: the normalised question, the collections in scope, the evidence word for word with its versions, the model with its
parameters, the prompt's template, the verifier, the calibration and the thresholds. The evidence stands for the index generation:
a document or a right that changes changes the evidence, and what changes where the reader may not look changes nothing, not even
whether an answer is marked as remembered. The text itself stays in the receipt of the answer that was written: erased there, it is
forgotten here.
"""

import hashlib
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

import language
from audit.models import Payload
from chat import verify
from chat.flow.asked import Asked
from chat.flow.steps import Found, Judged, Scoped, Written
from chat.flow.writing.prompting import load_template
from chat.models import WrittenAnswer
from gateway.ports import Choice, Delta, GenerationOptions, Message, TokenCount
from language.raised import fold_compatibility


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedText:
    """A stored text: its sentences as the model wrote them, and the receipt of their answer."""

    receipt: str
    sentences: tuple[str, ...]


class RememberingModel:
    """A language model that repeats what was written before."""

    def __init__(self, text: RememberedText, *, name: str, base_url: str) -> None:
        self.name, self.base_url, self._text = name, base_url, text

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        """Yield the sentences, each whole."""
        for sentence in self._text.sentences:
            yield Delta(text=sentence, is_sentence_end=True)
        yield Delta(finish_reason="stop")

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        return None


def key_of(asked: Asked, choice: Choice, *, scoped: Scoped, found: Found, judged: Judged, rules: str = "") -> str:
    """Return the key of the text that this model would write now. `rules`: of the prompt, instead of those on disk."""
    content = {
        "question": " ".join(fold_compatibility(judged.question).casefold().split()),
        "language": asked.language,
        "scope": sorted(collection.pk for collection in scoped.collections),
        "documents": sorted(scoped.documents) if scoped.documents is not None else None,
        "evidence": [(one.chunk_id, one.place.version_uid, one.text_hash, one.place.title, one.prefix) for one in found.evidence],
        "model": (choice.model.name, choice.model.base_url, asdict(choice.options), choice.context_tokens, str(choice.style)),
        "template": load_template(asked.language, rules=rules).digest,
        "verifier": _verifier_digest(),
        "sufficiency": [judged.calibration, judged.threshold],
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def find_written(key: str) -> RememberedText | None:
    """Return the text stored under a key, unless it is too old or its receipt was erased."""
    row = WrittenAnswer.objects.filter(key=key, created_at__gt=_oldest()).first()
    payload = Payload.objects.filter(event__uid=row.receipt, erased_at=None).first() if row else None
    sentences = tuple(str(one["raw"]) for one in payload.data.get("sentences", ())) if payload else ()
    return RememberedText(receipt=row.receipt, sentences=sentences) if row and sentences else None


def store_written(written: Written, *, receipt: str) -> None:
    """Store a finished answer that a model wrote to its end, but not one that was quoted, cut off or taken from the cache."""
    is_whole = all(one.sentence.verdict.reason != "cut_off" for one in written.checked)
    if not (settings.ANSWER_CACHE_HOURS and written.cache_key and written.checked and is_whole):
        return
    if written.written_before or written.fallback:
        return
    WrittenAnswer.objects.filter(created_at__lt=_oldest()).delete()
    WrittenAnswer.objects.update_or_create(key=written.cache_key, defaults={"receipt": receipt, "created_at": timezone.now()})


def may_reuse(asked: Asked) -> bool:
    """Tell whether an earlier text may be reused: not where a new answer was asked for, nor where answers are tested."""
    if asked.kind == "golden":
        return False
    return bool(settings.ANSWER_CACHE_HOURS) and (asked.turn is None or asked.turn.attempt == 1)


def _oldest() -> Any:
    return timezone.now() - timedelta(hours=settings.ANSWER_CACHE_HOURS)


@cache
def _verifier_digest() -> str:
    """Return a digest of the verifier's code: another verifier may give another answer."""
    modules = sorted(path for package in (verify, language) for path in Path(str(package.__file__)).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(module.read_bytes() for module in modules)).hexdigest()[:16]
