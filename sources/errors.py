"""Errors of SQL sources, each with a sentence for the admin in charge."""

from django.utils.translation import gettext, gettext_noop

from ingest.errors import IngestError

MESSAGES = {
    "bad_dsn": gettext_noop(
        "This is not a database address. Use the form postgresql://user:password@host:5432/name or mysql://user:password@host:3306/name."
    ),
    "bad_option": gettext_noop("The address has an option that is not allowed: %(detail)s."),
    "host_not_allowed": gettext_noop(
        "Attest is not allowed to connect to this server (%(detail)s). An administrator of this installation can allow "
        "it with ATTEST_SOURCE_HOSTS."
    ),
    "file_not_allowed": gettext_noop(
        "Only an administrator of this installation can add a database file, with an environment variable ATTEST_SOURCE_DSN_NAME=sqlite:////path/to/file.db."
    ),
    "no_variable": gettext_noop("The environment variable %(detail)s is not set. Set it and restart Attest, or choose another."),
    "unreadable_dsn": gettext_noop(
        "The stored address cannot be decrypted because the secret key of this installation has changed. Enter the address again."
    ),
    "not_select": gettext_noop("Only a single SELECT statement is allowed (it may begin with WITH)."),
    "no_connection": gettext_noop("Could not connect to the database, or it rejected the sign-in: %(detail)s"),
    "query_failed": gettext_noop("The database rejected the query: %(detail)s"),
    "timeout": gettext_noop("The query exceeded the time limit (%(detail)s s). Narrow it, or add an index to its columns."),
    "too_many_rows": gettext_noop(
        "The query returns more rows than allowed (%(detail)s). Narrow it, or split it into several sources."
    ),
    "double_column": gettext_noop("Two columns of the query have the same name: %(detail)s. Rename one of them with AS."),
    "no_key_column": gettext_noop("The query does not return the key column %(detail)s."),
    "no_key": gettext_noop("A row has no value in the key column %(detail)s."),
    "double_key": gettext_noop("Two rows have the same value in the key column: %(detail)s."),
    "unknown_column": gettext_noop("A template uses a column that the query does not return: %(detail)s."),
    "bad_template": gettext_noop("A template has an unclosed brace, or something other than a column name in braces: %(detail)s."),
    "no_place": gettext_noop("The server's disk is full, so rows were not saved: %(detail)s"),
    "internal": gettext_noop("The run stopped for a reason unrelated to the source. It is retried automatically."),
}
PASSING = frozenset(("no_connection", "timeout", "no_place", "internal"))  # worth trying again soon


def message_for(code: str, detail: str = "") -> str:
    """Return the sentence for a code in the reader's language."""
    return gettext(MESSAGES[code if code in MESSAGES else "internal"]) % {"detail": detail}


class SourceFault(IngestError):
    """A source cannot be read as it is. `code` is one of MESSAGES; `detail` is part of its sentence and contains no secret."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail

    @property
    def message(self) -> str:
        return message_for(self.code, self.detail)


class SourceTaken(IngestError):
    """Another worker has claimed the source, or a person changed it: stop silently."""
