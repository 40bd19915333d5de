"""`manage.py system`: how the installation is, as the page and REST say it. Exit code 1 where something is wrong."""

import json
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from system.report import read_report
from system.values import State


class Command(BaseCommand):
    help = "Say how the installation is, and what mends what is not well. Exit code 1 where something does not work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="as REST gives it")

    def handle(self, *, json: bool, **options: object) -> None:
        report = read_report()
        if json:
            self.stdout.write(_dump(report.as_dict()))
        else:
            for section in report.sections:
                facts = ", ".join(f"{fact.label}: {fact.value}" for fact in section.facts if fact.value is not None)
                styled = {State.OK: self.style.SUCCESS, State.WARN: self.style.WARNING, State.BAD: self.style.ERROR}[section.state]
                self.stdout.write(f"{styled(f'{section.state:<4}')}  {section.title}: {facts}")
                for problem in section.problems:
                    self.stdout.write(f"      {problem.sentence}")
                    if problem.command:
                        self.stdout.write(f"      → {problem.command}")
        if report.state == State.BAD:
            sys.exit(1)


def _dump(report: dict[str, object]) -> str:
    return json.dumps(report, ensure_ascii=False, indent=2)
