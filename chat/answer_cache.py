"""What a model wrote for the same question over the same evidence, so that it need not be asked twice.

Search, permissions, sufficiency and verification run every time; only the writing is remembered. So the key holds what the writing
came from: the normalised question, the collections in scope, the evidence word for word with its versions, the model with its
parameters, the prompt's template, the verifier, the calibration and the thresholds. The evidence stands for the index generation:
a document or a right that changes changes the evidence, and what changes where the reader may not look changes nothing, not even
whether an answer is marked as remembered. The text itself stays in the receipt of the answer that was written: erased there, it is
forgotten here.
"""

import hashlib
import json
import unicodedata
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.models import Payload
from chat.models import WrittenAnswer
from chat.ports import Choice, Delta, GenerationOptions, Message, TokenCount
from chat.prompting import load_template
from chat.trail import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is remembered: the sentences as the model wrote them, and the receipt of the answer they stand in."""

    receipt: str
    sentences: tuple[str, ...]


class WrittenBefore:
    """A language model that says once more what was written before."""

    def __init__(self, written: Written, *, name: str, base_url: str) -> None:
        self.name, self.base_url, self._written = name, base_url, written

    async def stream(self, messages: Sequence[Message], *, options: GenerationOptions) -> AsyncGenerator[Delta, None]:
        """Yield the sentences, each whole."""
        for sentence in self._written.sentences:
            yield Delta(text=sentence, is_sentence_end=True)
        yield Delta(finish_reason="stop")

    async def count_tokens(self, messages: Sequence[Message]) -> TokenCount | None:
        return None


def key_of(trail: Trail, choice: Choice) -> str:
    """Return the key of what this model would write now."""
    content = {
        "question": " ".join(unicodedata.normalize("NFKC", trail.read_as).casefold().split()),
        "language": trail.language,
        "scope": sorted(collection.pk for collection in trail.collections),
        "evidence": [(one.chunk_id, one.version_uid, one.text_hash, one.title, one.prefix) for one in trail.evidence],
        "model": (choice.model.name, choice.model.base_url, asdict(choice.options), choice.context_tokens, str(choice.style)),
        "template": load_template(trail.language).digest,
        "verifier": _verifier_digest(),
        "sufficiency": [trail.sufficiency.get(name) for name in ("calibration", "threshold")],
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def find_written(key: str) -> Written | None:
    """Return what was written under a key, unless it is too old or its receipt was erased."""
    row = WrittenAnswer.objects.filter(key=key, created_at__gt=_oldest()).first()
    payload = Payload.objects.filter(event__uid=row.receipt, erased_at=None).first() if row else None
    sentences = tuple(str(one["raw"]) for one in payload.data.get("sentences", ())) if payload else ()
    return Written(receipt=row.receipt, sentences=sentences) if row and sentences else None


def remember_written(trail: Trail, *, receipt: str) -> None:
    """Remember a finished answer that a model wrote to its end; one that was quoted, cut off or remembered itself is not."""
    is_whole = all(one.sentence.verdict.reason != "cut_off" for one in trail.checked)
    if (
        not (settings.ANSWER_CACHE_HOURS and trail.cache_key and trail.checked and is_whole)
        or trail.written_before
        or trail.fallback
    ):
        return
    WrittenAnswer.objects.filter(created_at__lt=_oldest()).delete()
    WrittenAnswer.objects.update_or_create(key=trail.cache_key, defaults={"receipt": receipt, "created_at": timezone.now()})


def may_remember(trail: Trail) -> bool:
    """Tell whether an earlier answer will do: not where somebody asks for a new one."""
    return bool(settings.ANSWER_CACHE_HOURS) and (trail.asked.turn is None or trail.asked.turn.attempt == 1)


def _oldest() -> Any:
    return timezone.now() - timedelta(hours=settings.ANSWER_CACHE_HOURS)


@cache
def _verifier_digest() -> str:
    """Return a digest of the code that verifies: another verifier, another answer."""
    folder = Path(__file__).parent
    modules = (*sorted((folder / "verify").glob("*.py")), folder / "planted.py")
    return hashlib.sha256(b"\0".join(module.read_bytes() for module in modules)).hexdigest()[:16]
