"""`manage.py apply_retention [--dry-run]`: let go of what is due by the retention rules, now; or say what that would be."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from audit.actor import COMMAND_LINE
from retention.models import RetentionRule
from retention.rules.applying import apply_rules
from retention.rules.preview import preview


class Command(BaseCommand):
    help = "Erase, delete and purge what is due by the retention rules that are on. What a legal hold keeps stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="change nothing; say how much would go")

    def handle(self, *, dry_run: bool, **options: object) -> None:
        if not RetentionRule.objects.filter(is_on=True).exists():
            self.stdout.write("No retention rule is on: everything is kept. Auditors set rules under Retention.")
            return
        if dry_run:
            for kind, label in RetentionRule.Kind.choices:
                found = preview(kind)
                self.stdout.write(f"{label}: {found.due} would go, {found.held} are kept by a legal hold.")
            return
        gone = apply_rules(by=COMMAND_LINE)
        for kind, label in RetentionRule.Kind.choices:
            self.stdout.write(f"{label}: {gone.counts.get(kind, 0)} gone.")
