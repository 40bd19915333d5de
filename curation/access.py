"""Who looks after a collection: whoever runs it. Everyone else gets the 404 of a page that does not exist."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from kb.models import Collection


def managed_collection(user: User, slug: str) -> Collection:
    """Raises: Http404: it is not there, or this user does not run it."""
    return get_object_or_404(Collection.objects.manageable_by(user), slug=slug)


def check_manages_something(user: User) -> None:
    """Raises: Http404: there is no collection that this user runs, and no office to look after all of them."""
    if not (user.is_knowledge_admin or Collection.objects.manageable_by(user).exists()):
        raise Http404
