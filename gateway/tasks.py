"""Celery tasks."""

from celery import shared_task

from gateway.spending.watching import watch_budgets


@shared_task(name="gateway.tasks.watch_budgets")
def watch() -> int:
    """Tell of budgets that are nearly spent. Returns: how many."""
    return watch_budgets()
