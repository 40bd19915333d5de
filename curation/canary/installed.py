"""What of an installation changes without an event in the audit: settings and files that come with a release."""

from pathlib import Path

from django.conf import settings

from chat.flow.writing.prompting import digest_prompts
from curation.golden.conditions import hash_of
from kb.index.editions import serving_edition
from retrieval.judging.opening import BUNDLED, OFF, SHIPPED


def read_installed() -> dict[str, str]:
    """Return a hash of each kind. Reads small files, loads no model."""
    return {
        "encoder": hash_of(serving_edition().encoder, settings.RERANKER),
        "judge": hash_of(settings.JUDGE, settings.NLI_MODEL, *_cards(settings.JUDGE)),
        "prompt": hash_of(digest_prompts()),
    }


def _cards(judge: str) -> list[str]:
    """Return what is written beside the judge's weights: it names them by their hash."""
    if judge == OFF:
        return []
    folder = SHIPPED if judge == BUNDLED else Path(judge).expanduser()
    return [path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("*.json"))]
