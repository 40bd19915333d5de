"""The settings of that release."""

from config.settings.base import *

MIGRATION_MODULES = {"kb": "tests.backup.later_release.kb"}
