"""Celery tasks."""

from celery import shared_task

from integrations.chat_apps.answering import answer_message, find_due


@shared_task(name="integrations.tasks.answer")
def answer(pk: int) -> None:
    """Answer one message of a chat program."""
    answer_message(pk)


@shared_task(name="integrations.tasks.sweep")
def sweep() -> int:
    """Answer what waits, or was left by a worker that died. Returns: how many."""
    due = find_due()
    for pk in due:
        answer_message(pk)
    return len(due)
