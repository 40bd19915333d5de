"""Celery tasks of the knowledge base. The database decides what is due; a task only checks."""

from celery import shared_task

from kb.keeping.reviewing import remind_owners
from kb.rights.access import note_expired


@shared_task(name="kb.tasks.note_expired_access")
def note_expired_access() -> int:
    """Record whose access has run out. Returns: how many."""
    return note_expired()


@shared_task(name="kb.tasks.remind_owners")
def remind() -> int:
    """Send mails about documents whose review has come into sight. Returns: how many."""
    return remind_owners()
