"""`manage.py sync_directory`: brings accounts in step with a company directory now, without waiting for its schedule."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.sign_in.directory.syncing import Report, sync_directory
from accounts.sign_in.directory.values import Directory

SENTENCES = {
    "unavailable": "cannot be reached, nothing was changed: {detail}",
    "nobody": "the search found nobody at all, so nothing was changed. Check people_base and people_filter.",
    "too_many_leavers": "{detail} people are gone, so nothing was changed. If that is right, run it again with --allow-many.",
}


class Command(BaseCommand):
    help = "Disable accounts of people who left a company directory, and let names, groups and new people follow."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="SLUG", help="of ATTEST_LDAP_FILE; default: all of them")
        parser.add_argument("--dry-run", action="store_true", help="tell what would change, and change nothing")
        parser.add_argument("--allow-many", action="store_true", help="disable however many are gone")

    def handle(self, *, slugs: list[str], dry_run: bool, allow_many: bool, **options: object) -> None:
        if not settings.DIRECTORIES:
            raise CommandError("There is no company directory: name a file by ATTEST_LDAP_FILE.")
        known = {directory.slug: directory for directory in settings.DIRECTORIES}
        if unknown := [slug for slug in slugs if slug not in known]:
            raise CommandError(f"There is no directory {unknown[0]!r} in ATTEST_LDAP_FILE.")
        has_failed = False
        for directory in [known[slug] for slug in slugs or known]:
            report = sync_directory(directory, is_dry=dry_run, allows_many=allow_many)
            has_failed |= not self._tell(directory, report, is_dry=dry_run)
        if has_failed:
            raise SystemExit(1)

    def _tell(self, directory: Directory, report: Report | None, *, is_dry: bool) -> bool:
        """Print what came of it. Returns: whether all went well."""
        if report is None:
            self.stderr.write(f"{directory.slug}: a sync is under way already.")
            return False
        if report.outcome != "done":
            self.stderr.write(f"{directory.slug}: " + SENTENCES[report.outcome].format(detail=report.detail))
            return False
        for label, names in (
            ("made", report.made),
            ("changed", report.changed),
            ("disabled", report.disabled),
            ("enabled again", report.enabled),
        ):
            if names:
                self.stdout.write(f"{directory.slug}: {len(names)} {label}: {', '.join(names)}")
        for name, code in report.refused:
            self.stderr.write(f"{directory.slug}: {name} left as it is: {code}")
        ending = " This was a dry run: nothing was changed." if is_dry else ""
        self.stdout.write(f"{directory.slug}: {report.people} people read.{ending}")
        return True
