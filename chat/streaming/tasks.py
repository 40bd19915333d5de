"""Celery tasks. The database says what is due; a task only looks."""

from celery import shared_task

from chat.conversations.files import delete_left_files
from chat.conversations.incognito import forget_old
from chat.streaming.dead import conclude_all_dead


@shared_task
def conclude_dead_answers() -> None:
    """Conclude the answers of web processes that were killed."""
    conclude_all_dead()


@shared_task
def forget_incognito() -> int:
    """Delete conversations that nobody wanted kept. Returns: how many."""
    return forget_old()


@shared_task
def forget_files() -> int:
    """Delete the files of conversations that are gone. Returns: of how many."""
    return delete_left_files()
