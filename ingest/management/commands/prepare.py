"""`manage.py prepare`: what scripts/run does before it serves, for installations that start the parts by themselves."""

from django.core.management.base import BaseCommand, CommandError

from ingest.first_start.installation import HalfRestored, describe_prepared, prepare_installation


class Command(BaseCommand):
    help = "Migrate the database if needed; at the first start make the accounts and load the demo (ATTEST_DEMO)."

    def handle(self, **options: object) -> None:
        """Prepare and say what was done."""
        self.check()  # manage.py skips Django's checks otherwise; each release begins with this command
        try:
            prepared = prepare_installation()
        except HalfRestored as half:
            raise CommandError(str(half)) from half
        self.stdout.write("Migrated the database." if prepared.migrated else "The database is up to date.")
        self.stdout.write(describe_prepared(prepared))
