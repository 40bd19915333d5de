"""Whether somebody manages anything: pages for those who do show 404 to everyone else."""

from django.http import Http404

from accounts.models import User
from kb.models import Collection


def check_manages_something(user: User) -> None:
    """Raises: Http404: there is no collection that this user runs, and no office to look after all of them."""
    if not (user.is_knowledge_admin or Collection.objects.manageable_by(user).exists()):
        raise Http404
