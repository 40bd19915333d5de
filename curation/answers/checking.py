"""Holding an answer against its sources: by the checker that anybody's text is checked with."""

from typing import Any

from asgiref.sync import async_to_sync

from accounts.credentials import Credential, service_credential
from chat.checking.running import check_text
from chat.checking.taking import take_text
from chat.checking.values import CheckedKind, GivenText
from chat.flow.running import Compose
from kb.models import Collection


def check_answer(
    text: str, *, question: str, collection: Collection, credential: Credential | None = None, compose: Compose | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return an answer's sentences and citations as `ApprovedAnswer` keeps them. The check is on record.

    Args: credential: of whoever wrote it; Attest itself where it is None.
    Raises: ChatError.
    """
    text = take_text(text)
    given = GivenText(
        text=text,
        question=question,
        collection=collection,
        credential=credential or service_credential(),
        via="approved",
    )
    checked = async_to_sync(check_text)(given, compose=compose)
    sentences, ends = [], 0
    for one in checked.sentences:
        cites = one.kind in (CheckedKind.SUPPORTED, CheckedKind.CORRECTED)
        sentences.append(
            {
                "text": one.text,
                "prefix": text[ends : one.start],
                "verdict": str(one.kind),
                "reason": one.reason,
                "markers": sorted({citation.marker for citation in one.citations}) if cites else [],
            }
        )
        ends = one.end
    return sentences, [citation.as_dict() for citation in checked.citations]
