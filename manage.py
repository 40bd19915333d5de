#!/usr/bin/env python
"""Run an administrative command of Attest: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line
from django.core.management.base import BaseCommand

# Django's checks import all pages and the models behind them, which takes three times as long as most commands do. `prepare`, which
# each release begins with, runs them, and `check` does.
BaseCommand.requires_system_checks = []

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    execute_from_command_line(sys.argv)
