"""Writers stand in line for the head of the chain, and nobody in line waits for the disk.

On PostgreSQL a commit gives its locks back only when the disk has its log: in line, a thousand events a second would need a disk
that confirms in a millisecond. So a transaction that holds the head commits without waiting, and waits after it has left the line,
together with all others that wait by then. Its caller learns that it was committed when the disk has it, as ever. The log is in the
order of the chain: a power cut takes away the end of it, never a piece out of the middle, and nothing that anybody was told of.
What signs, notes or sends the head calls `wait_for_disk` first.

SQLite has one writer, whose commit is on the disk when it returns.
"""

from django.db import connection, transaction


def wait_after_commit() -> None:
    """Have the transaction that runs, which was told to commit without waiting (`audit.chain.statements.lock_head`), wait for the
    disk when it has committed, before anything else that is to happen then."""
    hooks = connection.run_on_commit
    if not any(hook[1] is wait_for_disk for hook in hooks):
        transaction.on_commit(wait_for_disk)
        hooks.insert(0, hooks.pop())  # what the others do must not outlive what was committed


def wait_for_disk() -> None:
    """Return when the disk has whatever was committed before this call, by whomever."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # A commit that wrote something waits for the log up to itself, and so for all commits before it.
        cursor.execute("SELECT pg_logical_emit_message(true, 'attest', '')")
