#!/usr/bin/env python
"""Run an administrative command of Attest: `python manage.py help` lists them."""

import os
import sys
from typing import Any

from django.core.management import execute_from_command_line
from django.core.management.base import BaseCommand, CommandParser

_create_parser = BaseCommand.create_parser


def create_parser(command: BaseCommand, *names: Any, **options: Any) -> CommandParser:
    """Return a command's parser, with `--skip-checks` as its default.

    Django's checks import all pages and the models behind them, which takes three times as long as most commands do. `check` runs
    them, and so does `prepare`, which each release begins with.
    """
    parser = _create_parser(command, *names, **options)
    if command.requires_system_checks:
        parser.set_defaults(skip_checks=True)
    return parser


BaseCommand.create_parser = create_parser  # type: ignore[assignment, method-assign]

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    execute_from_command_line(sys.argv)
