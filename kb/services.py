"""Changes to the knowledge base that a person makes and the audit remembers."""

from django.db import transaction

from accounts.models import User
from audit.services import record
from kb.forms import CollectionForm
from kb.models import Collection


@transaction.atomic
def save_collection(*, form: CollectionForm, user: User) -> Collection:
    """Create or change a collection from a valid form, and record who may read it from now on."""
    is_new = form.instance.pk is None
    collection = form.save()
    record(
        "collection.created" if is_new else "collection.changed",
        actor_id=user.pk,
        actor_name=user.get_username(),
        subject=f"collection:{collection.slug}",
        summary=collection.name,
        payload={
            "name": collection.name,
            "description": collection.description,
            "groups": sorted(collection.groups.values_list("name", flat=True)),
            "suggested_questions": collection.suggested_questions,
            "vocabulary": collection.vocabulary,
        },
    )
    return collection
