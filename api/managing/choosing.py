"""Which model answers from a collection, for its owners' programs."""

from django.shortcuts import get_object_or_404
from ninja import Router

from accounts.models import ApiKey
from api import schemas
from api.access import scoped
from api.requests import ApiRequest
from gateway.routing.choosing import choose_model, offered_models, read_choice
from kb.models import Collection

router = Router(tags=["collections"])
MANAGE = scoped(ApiKey.Scope.MANAGE)


@router.get("/collections/{slug:slug}/model", response={200: schemas.ChoiceOut, **schemas.ERRORS}, **MANAGE)
def get_choice(request: ApiRequest, slug: str) -> schemas.ChoiceOut:
    """What answers where all evidence comes from this collection, and what its owners may choose."""
    return serialize(get_object_or_404(Collection.objects.owned_by(request.user), slug=slug))


@router.put("/collections/{slug:slug}/model", response={200: schemas.ChoiceOut, **schemas.ERRORS}, **MANAGE)
def set_choice(request: ApiRequest, slug: str, given: schemas.ChoiceIn) -> schemas.ChoiceOut:
    """Choose what answers from this collection; others keep what they have."""
    collection = get_object_or_404(Collection.objects.owned_by(request.user), slug=slug)
    choose_model(collection=collection, choice=given.model, user=request.user)
    return serialize(collection)


def serialize(collection: Collection) -> schemas.ChoiceOut:
    choice, model = read_choice(collection)
    offered = list(offered_models().values_list("name", flat=True))
    return schemas.ChoiceOut(model=model.name if model else choice, offered=offered)
