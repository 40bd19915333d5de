"""The connections to PostgreSQL that the threads of the web process share.

The one decision about keeping connections (docs/decisions/0008): each step of an answer gives its connection back when it ends
(`gateway.threads.run_in_thread`). The web process takes it from a pool, since opening one takes PostgreSQL several milliseconds.
Workers and commands have a thread each and need no pool. SQLite has none: opening a file takes 0.7 ms.
"""

from django.conf import settings
from django.db import connections

WAIT_S = 5.0  # for a free connection; then the request fails, as it does while the database is unavailable
APPLICATION = "attest-web"


def share_connections() -> None:
    """Let the threads of this process share their connections, before the first is opened."""
    for database in connections.settings.values():
        if database["ENGINE"].endswith("postgresql"):
            database.setdefault("OPTIONS", {}).update(
                application_name=APPLICATION,
                pool={
                    "min_size": 0,
                    "max_size": settings.DATABASE_POOL_SIZE,
                    "timeout": WAIT_S,
                    "reconnect_timeout": WAIT_S,  # nobody waits longer; by default the pauses between two tries grow to minutes
                },
            )


def close_connections() -> None:
    """Close the pool, and end its threads."""
    for connection in connections.all():
        connection.close()
        if connection.settings_dict.get("OPTIONS", {}).get("pool"):
            connection.close_pool()  # type: ignore[attr-defined]  # only the backend of PostgreSQL has one
