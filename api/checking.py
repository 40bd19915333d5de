"""Checking a text that somebody wrote, sentence by sentence."""

from django.conf import settings
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router

from accounts.models import ApiKey
from accounts.rates import spend
from api import schemas
from api.access import asked_via, scoped
from api.errors import RequestInvalid
from api.requests import ApiRequest
from chat.checking.running import check_text
from chat.checking.taking import take_passages, take_question, take_text
from chat.checking.values import GivenText
from gateway.threads import run_in_thread
from kb.models import Collection

router = Router(tags=["answers"])


@router.post("/check", response={200: schemas.CheckOut, **schemas.ERRORS}, **scoped(ApiKey.Scope.ASK, is_async=True))
async def check(request: ApiRequest, given: schemas.CheckIn) -> JsonResponse:
    """Check a text sentence by sentence: against passages that are sent with it, or against the documents of a collection that the
    caller may read. `withheld` is what an answer would not show; `framing` says nothing about the world."""
    taken = await run_in_thread(prepare)(request, given)
    checked = await check_text(taken)
    return JsonResponse(checked.as_dict(), json_dumps_params={"ensure_ascii": False})


def prepare(request: ApiRequest, given: schemas.CheckIn) -> GivenText:
    """Raises: RequestInvalid, QuestionRefused, TooManyRequests."""
    user = request.user
    spend("ask", user.pk, per_minute=settings.RATE_ASK_PER_MINUTE)
    if (given.passages is None) == (given.collection is None):
        raise RequestInvalid(_("Send either “passages” or “collection”."), param="passages")
    collection = None
    if given.collection is not None:
        collection = get_object_or_404(Collection.objects.visible_to(user), slug=given.collection)
    return GivenText(
        text=take_text(given.text),
        question=take_question(given.question),
        passages=take_passages(given.passages) if given.passages is not None else (),
        collection=collection,
        credential=request.credential,
        via=asked_via(request),
    )
