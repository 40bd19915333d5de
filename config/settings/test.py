"""Settings of the test run: a data folder of its own, fast password hashing; everything else is production's."""

import os
import tempfile

os.environ.setdefault("ATTEST_HOME", tempfile.mkdtemp(prefix="attest-test-"))

from config.settings.base import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
