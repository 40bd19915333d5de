"""What the answers of a run were made with, in short: what differs between two runs explains what changed."""

import hashlib
from typing import Any

from chat.flow.dependencies import AnswerDependencies
from chat.flow.writing.prompting import digest_prompts
from chat.judge.sufficiency import DEFAULT_THRESHOLD
from gateway.editing.editable import serialize_model, serialize_route
from gateway.models import Route, ServedModel
from kb.index.editions import serving_edition
from kb.models import Collection, Document

NAMES = ("answer.en", "answer.zh", "structured.en", "structured.zh")
SHORT = 12  # hexadecimal digits of a hash


def read_conditions(collection: Collection, dependencies: AnswerDependencies) -> dict[str, Any]:
    """Return the conditions as JSON. Not for the event loop: reads the database."""
    threshold = Collection.objects.values_list("sufficiency_threshold", flat=True).get(pk=collection.pk)
    if collection.pk in dependencies.thresholds:
        threshold = dependencies.thresholds[collection.pk]
    answering = Document.objects.live().filter(collection=collection, current_version__isnull=False)
    return {
        "documents": answering.count(),
        "versions": hash_of(*map(str, answering.order_by("pk").values_list("current_version_id", flat=True))),
        "encoder": serving_edition().encoder,
        "judge": dependencies.judge[:SHORT],
        "calibration": dependencies.calibration.digest[:SHORT],
        "threshold": DEFAULT_THRESHOLD if threshold is None else threshold,
        "words": hash_of(Collection.objects.values_list("vocabulary", flat=True).get(pk=collection.pk)),
        "prompt": hash_of(digest_prompts(), *(dependencies.choose_rules(name, "") for name in NAMES)),
        "models": hash_models(),
    }


def hash_models() -> str:
    """Return a hash of the models in use and the routes to them."""
    rows = [str(sorted(serialize_model(row).items())) for row in ServedModel.objects.usable().order_by("pk")]
    routes = Route.objects.filter(is_enabled=True).select_related("canary").order_by("pk")
    return hash_of(*rows, *(str(sorted(serialize_route(route).items())) for route in routes))


def hash_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:SHORT]
