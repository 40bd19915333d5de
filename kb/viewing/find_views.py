"""The page that finds documents in all collections of its reader."""

import logging

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.errors import TooManyRequests
from accounts.rates import spend
from accounts.requests import SignedInRequest
from kb.keeping.tags import NAME_CHARACTERS, names_to_ask
from kb.models import Collection
from kb.viewing.finding import FoundDocument, find_documents
from retrieval.errors import RetrievalError

logger = logging.getLogger(__name__)


@require_GET
def find(request: SignedInRequest) -> HttpResponse:
    """Documents by name and words; nothing is asked of the index before there are words."""
    query, problem, status = request.GET.get("q", "").strip(), "", 200
    tag = request.GET.get("tag", "").replace("\x00", "").strip()[:NAME_CHARACTERS]
    found: list[FoundDocument] = []
    try:
        if query:
            spend("search", request.user.pk, per_minute=settings.RATE_SEARCH_PER_MINUTE)
            found = find_documents(query, user=request.user, tag=tag)
    except TooManyRequests as refused:
        problem, status = refused.message, 429
    except (RetrievalError, OSError):
        logger.exception("documents could not be searched")
        problem, status = _("Search is unavailable right now. Try again in a moment."), 503
    collections = Collection.objects.visible_to(request.user).for_menu()
    tags = names_to_ask(request.user)
    context = {
        "query": query,
        "tag": tag,
        "tags": tags,
        "found": found,
        "problem": problem,
        "collections": collections,
        "collection": None,
    }
    return render(request, "kb/found.html", context, status=status)
