"""Triggers by which the database itself refuses to change or drop what was recorded.

They stop what goes past the models: a wrong statement, an injection, a tool. Who owns the database can drop them, so they prove
nothing: that is what marks and checkpoints are for (`audit.chain.verification`). Let through is what the audit does itself: an
erasure empties a payload once, then the event's name and summary, then takes its facts away; a chain of before there were marks
gets them once (`audit.chain.marks.sealing`).

Made after every migration (`audit.apps`), since SQLite forgets the triggers of a table that it makes anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

NAME = "audit_guard"
WORDS = "what the audit recorded is not changed"
# Columns of an event that nothing ever changes, and that only a seal sets.
FIXED = ("id", "sequence", "uid", "at", "action", "actor_id", "subject", "payload_hash", "previous_hash", "hash")
_ERASED = "EXISTS (SELECT 1 FROM audit_payload p WHERE p.event_id = {event} AND p.erased_at IS NOT NULL)"

_UNMARKED = "EXISTS (SELECT 1 FROM audit_event e WHERE e.id = {event} AND e.mark = '')"


def _changed(columns: tuple[str, ...], differ: str) -> str:
    return " OR ".join(f"OLD.{name} {differ} NEW.{name}" for name in columns)


def _refusals(differ: str) -> dict[str, tuple[str, str, str]]:
    """Return name: (table, statement, when it is refused). `differ`: the operator by which two values, NULL too, differ."""
    sealed = f"(OLD.mark <> '' AND ({_changed(('mark', 'key_id', 'facts_hash'), differ)}))"
    emptied = f"({_changed(('actor_name', 'summary'), differ)}) AND NOT (NEW.actor_name = '' AND NEW.summary = '' AND {_ERASED})"
    return {
        "event_update": ("audit_event", "UPDATE", f"{_changed(FIXED, differ)} OR {sealed} OR {emptied}".format(event="OLD.id")),
        "event_delete": ("audit_event", "DELETE", "1 = 1"),
        "payload_update": (
            "audit_payload",
            "UPDATE",
            f"{_changed(('id', 'event_id'), differ)} OR OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL OR NEW.body <> ''",
        ),
        "payload_delete": ("audit_payload", "DELETE", "1 = 1"),
        "fact_update": ("audit_fact", "UPDATE", "1 = 1"),
        "fact_delete": ("audit_fact", "DELETE", f"NOT ({_ERASED} OR {_UNMARKED})".format(event="OLD.event_id")),
        "head_delete": ("audit_chainhead", "DELETE", "1 = 1"),
    }


def install_guards(using: BaseDatabaseWrapper | None = None) -> None:
    """Make the triggers anew. Does nothing in a database of an earlier release, which lacks the columns that they look at."""
    session = using or connection
    remove_guards(session)
    with session.cursor() as cursor:
        if "audit_event" not in session.introspection.table_names(cursor):
            return
        if "mark" not in {column.name for column in session.introspection.get_table_description(cursor, "audit_event")}:
            return
        for statement in _statements(session):
            cursor.execute(statement)


def remove_guards(using: BaseDatabaseWrapper | None = None) -> None:
    """Drop the triggers: to empty the tables of an installation that ends, or in a test that plays the forger."""
    session = using or connection
    present = set(session.introspection.table_names())
    with session.cursor() as cursor:
        for name, (table, _statement, _when) in _refusals("=").items():
            if table in present:
                on = f" ON {table}" if session.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {NAME}_{name}{on}")
        if session.vendor == "postgresql":
            for table in sorted({table for table, _statement, _when in _refusals("=").values()} & present):
                cursor.execute(f"DROP TRIGGER IF EXISTS {NAME}_truncate ON {table}")


@contextmanager
def lifted_guards() -> Iterator[None]:
    """Without the triggers, in one transaction: for a restore, which marks anew what it brought back without its keys."""
    with transaction.atomic():
        remove_guards()
        yield
        install_guards()


def missing_guards() -> tuple[str, ...]:
    """Return the triggers that should be there and are not, or are disabled, or do something else than this release's."""
    if connection.vendor == "postgresql":
        return _missing_in_postgresql()
    made = dict(zip(sorted(f"{NAME}_{name}" for name in _refusals("=")), sorted(_statements(connection)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{NAME}%"])
        present: dict[str, str] = dict(cursor.fetchall())
    return tuple(sorted(name for name, statement in made.items() if present.get(name) != statement))


def _missing_in_postgresql() -> tuple[str, ...]:
    functions = _functions()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, t.tgrelid::regclass::text, f.proname, f.prosrc FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid"
            " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgname LIKE %s",
            [f"{NAME}%"],
        )
        present = {(trigger, table) for trigger, table, function, source in cursor.fetchall() if functions.get(function) == source}
    expected = {(f"{NAME}_{name}", table) for name, (table, _statement, _when) in _refusals("=").items()}
    expected |= {(f"{NAME}_truncate", table) for _name, table in expected}
    return tuple(sorted({name for name, _table in expected - present}))


def _statements(session: BaseDatabaseWrapper) -> list[str]:
    refusals = _refusals("IS NOT")
    if session.vendor != "postgresql":
        return [
            f"CREATE TRIGGER {NAME}_{name} BEFORE {statement} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
            for name, (table, statement, when) in refusals.items()
        ]
    return [
        *(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$"
            for name, body in _functions().items()
        ),
        *(
            f"CREATE TRIGGER {NAME}_{name} BEFORE {statement} ON {table} FOR EACH ROW EXECUTE FUNCTION {NAME}_{name}()"
            for name, (table, statement, _when) in refusals.items()
        ),
        *(
            f"CREATE TRIGGER {NAME}_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {NAME}_truncate()"
            for table in sorted({table for table, _statement, _when in refusals.values()})
        ),
    ]


def _functions() -> dict[str, str]:
    """Return name: body of PostgreSQL's trigger functions, which hold the condition: a trigger's WHEN may have no subquery."""
    refusal = f"RAISE EXCEPTION '{WORDS}'"
    made = {
        f"{NAME}_{name}": f" BEGIN IF {when} THEN {refusal}; END IF; RETURN {'NEW' if statement == 'UPDATE' else 'OLD'}; END "
        for name, (_table, statement, when) in _refusals("IS DISTINCT FROM").items()
    }
    return made | {f"{NAME}_truncate": f" BEGIN {refusal}; END "}
