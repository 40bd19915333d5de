"""The database, the disk, and when all of it was last saved elsewhere."""

import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import Event
from system.values import Fact, Problem, Section

BACKED_UP = "backup.made"  # of the audit
BACKUP_DUE = timedelta(days=7)
FULL_BYTES = 100 * 1024 * 1024  # below it nothing is served (/readyz)
LOW_SHARE = 0.1
LOW_BYTES = 5 * 1024**3


def read_database() -> Section:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
        else:
            cursor.execute(
                "SELECT sqlite_version(), (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())"
            )
        server, size = cursor.fetchone()
    facts = [
        Fact(code="kind", label=_("Kind"), value="PostgreSQL" if connection.vendor == "postgresql" else "SQLite"),
        Fact(code="version", label=_("Version"), value=str(server), unit="version"),
        Fact(code="size", label=_("Size"), value=int(size), unit="bytes"),
        Fact(code="missing_migrations", label=_("Pending migrations"), value=missing),
    ]
    problems = []
    if missing:
        sentence = _("The database tables are from an earlier release. Stop Attest, and migrate them.")
        problems.append(Problem(code="not_migrated", sentence=sentence, command="manage.py migrate", is_urgent=True))
    return Section(code="database", title=_("Database"), facts=facts, problems=problems)


def read_disk() -> Section:
    disk = os.statvfs(settings.ATTEST_HOME)
    free, total = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    facts = [
        Fact(code="free", label=_("Free"), value=free, unit="bytes"),
        Fact(code="total", label=_("Size"), value=total, unit="bytes"),
    ]
    problems = []
    if free < FULL_BYTES:
        sentence = _("The disk is full: nothing can be uploaded, asked or recorded. Free some space; work resumes by itself.")
        problems.append(Problem(code="disk_full", sentence=sentence, command=f"du -xh {_home()} | sort -h | tail", is_urgent=True))
    elif free < LOW_BYTES and free < LOW_SHARE * total:
        sentence = _("Less than a tenth of the disk is free. Uploads and answers stop when it is full.")
        problems.append(Problem(code="disk_low", sentence=sentence, command=f"du -xh {_home()} | sort -h | tail"))
    if not os.access(settings.ATTEST_HOME, os.W_OK | os.X_OK):
        sentence = _("The data folder is not writable.")
        problems.append(Problem(code="read_only", sentence=sentence, command=f"ls -ld {_home()}", is_urgent=True))
    return Section(code="disk", title=_("Disk"), facts=facts, problems=problems)


def read_backup() -> Section:
    last = Event.objects.filter(action=BACKED_UP).order_by("-sequence").first()
    facts = [Fact(code="last", label=_("Last backup"), value=last.at if last else None)]
    problems = []
    command = "manage.py backup attest-$(date +%F).backup --passphrase"
    if last is None:
        sentence = _("No backup has been made yet. If this disk fails, everything is lost.")
        problems.append(Problem(code="no_backup", sentence=sentence, command=command))
    elif (age := timezone.now() - last.at) > BACKUP_DUE:
        sentence = ngettext("The last backup is %(days)s day old.", "The last backup is %(days)s days old.", age.days)
        problems.append(Problem(code="backup_old", sentence=sentence % {"days": age.days}, command=command))
    return Section(code="backup", title=_("Backup"), facts=facts, problems=problems)


def _home() -> str:
    """The variable's name: paths of the machine are not for pages."""
    return "$ATTEST_HOME" if "ATTEST_HOME" in os.environ else Path(settings.ATTEST_HOME).name
