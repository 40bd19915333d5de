"""Changing the key that marks events: the old one vouches for the new one, in the first event that the new one marks."""

from django.db import transaction

from audit.actor import COMMAND_LINE, Actor
from audit.chain.marks.keys import add_key, read_keys
from audit.chain.verifying.walking import ROTATED
from audit.errors import KeyUnusable
from audit.services import lock_chain, record


def rotate_key(*, by: Actor = COMMAND_LINE) -> tuple[str, str]:
    """Make a new key, which marks from the next event on. Returns: the ids of the old and the new one.

    Raises: KeyUnusable: the present key is not here, or there is none yet.
    """
    with transaction.atomic():
        head = lock_chain()
        old = read_keys().get(head.key_id)
        if old is None:
            raise KeyUnusable("The key in use is not here; without it nothing can vouch for a new one.")
        new = add_key()
        head.key_id = new.id
        head.save(update_fields=["key_id"])
        endorsement = old.endorse(successor=new.id, sequence=head.sequence + 1)
        record(
            ROTATED,
            by=by,
            subject="audit:chain",
            summary=f"{old.id} → {new.id}",
            payload={"from": old.id, "to": new.id, "endorsement": endorsement},
        )
    return old.id, new.id
