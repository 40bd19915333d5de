"""The Celery application of beat: it sends messages by their names, so it imports no task, and none of the models that tasks use.

Start it with `--skip-checks`: Django's checks would import all pages. Web and worker run them.
"""

from config.celery import make_app

app = make_app()
