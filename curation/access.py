"""Who looks after a collection: whoever runs it. Everyone else gets the 404 of a page that does not exist."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from accounts.models import User
from curation.golden.models import GoldenQuestion
from curation.handover.models import Handover
from kb.models import Collection


def managed_collection(user: User, slug: str) -> Collection:
    """Raises: Http404: it is not there, or this user does not run it."""
    return get_object_or_404(Collection.objects.manageable_by(user), slug=slug)


def managed_golden(user: User, uid: UUID) -> GoldenQuestion:
    """Raises: Http404: it is not there, or this user does not run its collection."""
    return get_object_or_404(GoldenQuestion.objects.manageable_by(user).select_related("collection"), uid=uid)


def managed_handover(user: User, uid: UUID) -> Handover:
    """Raises: Http404: it is not there, or this user does not run its collection."""
    rows = Handover.objects.manageable_by(user).select_related("turn__conversation", "collection", "asker", "taken_by")
    return get_object_or_404(rows, uid=uid)
