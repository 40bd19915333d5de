"""Settings, addresses, and the Celery application, which is made as soon as Django starts."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
