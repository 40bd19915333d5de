"""Owners choose which of the models that are offered to them answers from their collection."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.errors import ValuesRefused
from accounts.models import User
from audit.actor import actor_of
from audit.services import record
from gateway.models import CollectionChoice, ServedModel
from kb.models import Collection

AS_ROUTED, QUOTES = "routes", "quotes"  # instead of a model


def offered_models() -> QuerySet[ServedModel]:
    """Return the models that owners may choose: those in use that a system admin offers."""
    return ServedModel.objects.usable().filter(is_offered=True).order_by("name")


def read_choice(collection: Collection) -> tuple[str, ServedModel | None]:
    """Return AS_ROUTED, QUOTES or "model" with that model, as the owners chose; whether it is offered still is not asked."""
    found = CollectionChoice.objects.select_related("model").filter(collection=collection).first()
    if found is None:
        return AS_ROUTED, None
    return ("model", found.model) if found.model else (QUOTES, None)


@transaction.atomic
def choose_model(*, collection: Collection, choice: str, user: User | None) -> None:
    """Set what answers where all evidence comes from this collection; other collections keep what they have.

    Args: choice: the name of a model that is offered; QUOTES: none, the documents are quoted; AS_ROUTED: as the installation
        routes. A model that is called like one of these two cannot be chosen.
    Raises: ValuesRefused: the collection is gone, or the model is not offered.
    """
    if Collection.objects.live().select_for_update().filter(pk=collection.pk).first() is None:
        raise ValuesRefused({"": [_("This collection was deleted.")]})
    before = _name(*read_choice(collection))
    if choice == AS_ROUTED:
        CollectionChoice.objects.filter(collection=collection).delete()
    else:
        model = None if choice == QUOTES else offered_models().filter(name=choice).first()
        if choice != QUOTES and model is None:
            raise ValuesRefused({"model": [_("This model is not offered to owners of collections. Choose another one.")]})
        CollectionChoice.objects.update_or_create(collection=collection, defaults={"model": model})
    if before != choice:
        payload = {"from": before, "to": choice}
        record(
            "collection.model_chosen",
            by=actor_of(user),
            subject=f"collection:{collection.slug}",
            summary=collection.name,
            payload=payload,
        )


def _name(choice: str, model: ServedModel | None) -> str:
    return model.name if model else choice
