"""`manage.py flush`: Django's, which empties a whole database, past the guards that refuse to empty the audit's tables."""

from typing import Any

from django.core.management.commands.flush import Command as DjangosFlush
from django.db import connections

from audit.chain.marks.guards import install_guards, remove_guards


class Command(DjangosFlush):
    def handle(self, **options: Any) -> None:
        session = connections[options["database"]]
        remove_guards(session)
        try:
            super().handle(**options)
        finally:
            install_guards(session)
