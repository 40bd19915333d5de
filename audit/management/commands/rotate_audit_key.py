"""`manage.py rotate_audit_key`: a new key marks the audit's events from now on."""

from django.core.management.base import BaseCommand, CommandError

from audit.errors import AuditError
from audit.life.rotation import rotate_key


class Command(BaseCommand):
    help = "Make a new key for the audit's events; the old one vouches for it and is kept, to check what it marked."

    def handle(self, **options: object) -> None:
        try:
            old, new = rotate_key()
        except AuditError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Events are marked with key {new} from now on; before, it was {old}."))
        self.stdout.write("Back up the file of keys: without it, nothing that they marked can be verified.")
