"""What can go wrong with a SQL source, each with a sentence for the admin who looks after it."""

from django.utils.translation import gettext, gettext_noop

from ingest.errors import IngestError

MESSAGES = {
    "bad_dsn": gettext_noop(
        "This is not the address of a database. Write it as postgresql://user:password@host:5432/name or "
        "mysql://user:password@host:3306/name."
    ),
    "bad_option": gettext_noop("The address has an option that is not allowed here: %(detail)s."),
    "host_not_allowed": gettext_noop(
        "Attest may not connect to this server (%(detail)s). An administrator of this installation can allow it with "
        "ATTEST_SOURCE_HOSTS."
    ),
    "file_not_allowed": gettext_noop(
        "A database file can only be given by an administrator of this installation, in a variable "
        "ATTEST_SOURCE_DSN_NAME=sqlite:////path/to/file.db."
    ),
    "no_variable": gettext_noop("The environment has no variable %(detail)s. Set it and start Attest anew, or choose another."),
    "unreadable_dsn": gettext_noop(
        "The stored address cannot be decrypted, since the secret key of this installation has changed. Enter it anew."
    ),
    "not_select": gettext_noop("Only one SELECT is allowed (it may begin with WITH)."),
    "no_connection": gettext_noop("The database could not be reached or refused the sign-in: %(detail)s"),
    "query_failed": gettext_noop("The database did not run the query: %(detail)s"),
    "timeout": gettext_noop("The query took longer than is allowed (%(detail)s s). Narrow it, or give its columns an index."),
    "too_many_rows": gettext_noop(
        "The query has more rows than is allowed (%(detail)s). Narrow it, or split it into several sources."
    ),
    "double_column": gettext_noop("Two columns of the query have the same name: %(detail)s. Name one of them with AS."),
    "no_key_column": gettext_noop("The query has no column %(detail)s, which is to tell its rows apart."),
    "no_key": gettext_noop("A row has nothing in the column %(detail)s, which is to tell its rows apart."),
    "double_key": gettext_noop("Two rows have the same value in the key column: %(detail)s."),
    "unknown_column": gettext_noop("A template names a column that the query does not have: %(detail)s."),
    "bad_template": gettext_noop("A template has a brace that is not closed, or more than a column's name in braces: %(detail)s."),
    "no_place": gettext_noop("The server's disk is full, so rows were not kept: %(detail)s"),
    "internal": gettext_noop("Reading stopped for a reason that is not in the source. It is tried again."),
}
PASSING = frozenset(("no_connection", "timeout", "no_place", "internal"))  # worth trying again soon


def message_for(code: str, detail: str = "") -> str:
    """Return the sentence for a code in the reader's language."""
    return gettext(MESSAGES[code if code in MESSAGES else "internal"]) % {"detail": detail}


class SourceFault(IngestError):
    """A source cannot be read as it is. `code` is one of MESSAGES; `detail` goes into its sentence and holds no secret."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail

    @property
    def message(self) -> str:
        return message_for(self.code, self.detail)


class SourceTaken(IngestError):
    """Another worker has the source now, or a person changed it: stop without a word."""
