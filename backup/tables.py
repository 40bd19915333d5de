"""The tables of a database that is restored into: whether they are empty, made for a backup's release, and removed again."""

from collections.abc import Iterable
from contextlib import closing

from django.apps import apps
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from audit.models import Event
from backup.errors import BackupTooNew, NotEmpty
from backup.rows import list_models
from ingest.first_start.installation import RESTORING, is_half_restored
from kb.models import Collection, Document

TELLING = (User, Event, Collection, Document)  # an installation that is in use has rows of these


def check_empty() -> None:
    """Raises: NotEmpty: the database holds an installation. One that a restore has begun to fill counts as empty."""
    if is_half_restored():
        return
    present = set(_our_tables())
    if any(model._meta.db_table in present and model._base_manager.exists() for model in TELLING):
        raise NotEmpty(
            "This installation holds data. Restore into an empty one: set ATTEST_HOME to a new folder and, with PostgreSQL, "
            "DATABASE_URL to an empty database."
        )


def check_known(migrations: Iterable[tuple[str, str]]) -> None:
    """Raises: BackupTooNew: this release does not know all of the migrations."""
    unknown = sorted(set(migrations) - set(MigrationExecutor(connection).loader.disk_migrations))
    if unknown:
        names = ", ".join(f"{app}.{name}" for app, name in unknown[:3])
        raise BackupTooNew(f"The backup was made by a later release (this one does not know {names}): restore it with that one.")


def begin(migrations: Iterable[tuple[str, str]]) -> Apps:
    """Make the tables as they were at these migrations, empty, and note that a restore is under way. Returns: their models.

    What an earlier restore left, or a `manage.py migrate` of an installation that was never used, is removed.
    """
    if not is_half_restored():
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {RESTORING} (id integer)")
    _drop(_our_tables())
    executor = MigrationExecutor(connection)
    targets = _last_of_each_app(executor, set(migrations))
    executor.migrate(targets)
    state_apps = MigrationExecutor(connection).loader.project_state(targets).apps
    with connection.constraint_checks_disabled(), closing(connection.cursor()) as cursor:
        for model in list_models(state_apps):  # a migration may have made rows
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608  names of our own models
    return state_apps


def bring_up_to_date() -> None:
    """Run the migrations that this release has beyond the backup's."""
    call_command("migrate", interactive=False, verbosity=0)


def end() -> None:
    """Take the note away: the installation is whole. In the transaction of the last step."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {RESTORING}")


def undo() -> None:
    """Remove every table of ours, the note that a restore is under way last."""
    _drop(_our_tables())
    if is_half_restored():
        end()


def _our_tables() -> list[str]:
    """Tables that bear the name of one of our apps, of any release; others' in the same database are not ours to touch."""
    prefixes = ("django_", *(f"{config.label}_" for config in apps.get_app_configs()))
    return [name for name in connection.introspection.table_names() if name.startswith(prefixes) and name != RESTORING]


def _drop(names: list[str]) -> None:
    cascade = " CASCADE" if connection.vendor == "postgresql" else ""
    with connection.constraint_checks_disabled(), closing(connection.cursor()) as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}{cascade}")


def _last_of_each_app(executor: MigrationExecutor, applied: set[tuple[str, str]]) -> list[tuple[str, str]]:
    graph = executor.loader.graph
    known = [key for key in sorted(applied) if key in graph.nodes]
    return [
        key for key in known if not any(child.key in applied and child.key[0] == key[0] for child in graph.node_map[key].children)
    ]
