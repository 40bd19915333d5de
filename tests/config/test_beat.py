"""Beat sends what is due by name. It holds no model: with the tasks it would take five times the memory."""

import os
import subprocess
import sys

from config.beat import app as beat
from config.celery import app as worker

LOADED = """
import sys
from config.beat import app
app.loader.init_worker()
app.finalize()
print(",".join(name for name in ("torch", "faiss", "ingest.queue.running", "config.urls") if name in sys.modules))
"""


def test_it_sends_what_the_worker_knows() -> None:
    worker.loader.import_default_modules()
    due = {entry["task"] for entry in beat.conf.beat_schedule.values()}
    assert len(due) == len(beat.conf.beat_schedule) >= 6
    assert due <= set(worker.tasks)
    assert beat.conf.broker_url == worker.conf.broker_url


def test_it_imports_neither_models_nor_pages() -> None:
    environment = {**os.environ, "CELERY_SKIP_CHECKS": "true"}  # as `celery --skip-checks` sets it
    done = subprocess.run([sys.executable, "-c", LOADED], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
