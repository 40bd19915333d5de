"""A small shop database in a file, and a source that reads it."""

import sqlite3
from pathlib import Path

from sources.models import SqlSource
from sources.services import create_source, start_source

ROWS = [
    (1, "Kettle", "Boils a litre.", 24.5),
    (2, "Toaster", "Two slots: both wide.", None),
    (3, "茶壶", "紫砂，可装三百毫升。", 88),
]
QUERY = "SELECT id, name, description, price FROM products;"
PLAN = {
    "name": "Products",
    "query": QUERY,
    "key_column": "id",
    "title_template": "{name}",
    "text_template": "{description}\nPrice: {price} EUR",
    "dsn_variable": "SHOP",
}


def shop(path: Path, rows: list[tuple] = ROWS) -> Path:
    """Write the database anew."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE products (id INTEGER, name TEXT, description TEXT, price REAL)")
        connection.executemany("INSERT INTO products VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return path


def change(path: Path, statement: str) -> None:
    """Run a statement in the database."""
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def add_source(collection, user, *, start: bool = True, **changes) -> SqlSource:
    """A source with the plan above, started."""
    source = create_source(collection=collection, user=user, **{**PLAN, **changes})
    if start:
        start_source(source, user=user)
    return source
