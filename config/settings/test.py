"""Settings of the test run: a data folder of its own, fast password hashing; everything else is production's."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "ATTEST_HOME" not in os.environ:
    _home, _owner = tempfile.mkdtemp(prefix="attest-test-"), os.getpid()
    os.environ["ATTEST_HOME"] = os.environ["ATTEST_HOME_OF_TESTS"] = _home
    atexit.register(lambda: shutil.rmtree(_home, ignore_errors=True) if os.getpid() == _owner else None)
elif os.environ["ATTEST_HOME"] == os.environ.get("ATTEST_HOME_OF_TESTS") and (_worker := os.environ.get("PYTEST_XDIST_WORKER")):
    # Several processes share the tests: each has an index of its own, or one would remove what another has just published.
    _own = Path(os.environ.pop("ATTEST_HOME_OF_TESTS")) / _worker
    _own.mkdir(mode=0o700)
    os.environ["ATTEST_HOME"] = str(_own)

from config.env import env_int
from config.settings import base
from config.settings.base import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# One model loads faster than two. What tests both, or the whole installation as people start it, names its own or has the default.
EMBEDDER = "bundled-english"
# The thread that renews a lease does not see what a test's transaction holds, and would give a job up that takes a quarter of this.
LEASE_S = env_int("ATTEST_LEASE_S", 1200, minimum=2)
MODEL_HOSTS = ["127.0.0.1"]  # where the model servers of the tests listen
# Plain names, collected nowhere; tests/config/test_static_files.py has what is served.
STATIC_ROOT = None  # type: ignore[assignment]  # here only; everywhere else it is a folder
STORAGES = {**base.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# A test's client builds the middleware anew, which would look through all static files each time.
WHITENOISE_AUTOREFRESH = True
