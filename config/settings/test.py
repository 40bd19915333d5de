"""Settings of the test run: a data folder of its own, fast password hashing; everything else is production's."""

import atexit
import os
import shutil
import tempfile

if "ATTEST_HOME" not in os.environ:
    _home, _owner = tempfile.mkdtemp(prefix="attest-test-"), os.getpid()
    os.environ["ATTEST_HOME"] = _home
    atexit.register(lambda: shutil.rmtree(_home, ignore_errors=True) if os.getpid() == _owner else None)

from config.settings.base import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
