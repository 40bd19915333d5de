"""The tables of `kb` as they were before the migration beside this one: without the vocabulary of a collection."""

from importlib import import_module

from django.db import migrations

REAL = import_module("kb.migrations.0001_initial").Migration
LATER = "vocabulary"


def without_later(operation: migrations.operations.base.Operation) -> migrations.operations.base.Operation:
    if getattr(operation, "name", "") == "Collection":
        operation = operation.__class__(
            operation.name,
            [field for field in operation.fields if field[0] != LATER],
            options=operation.options,
            bases=operation.bases,
            managers=operation.managers,
        )
    return operation


class Migration(migrations.Migration):
    initial = True
    dependencies = REAL.dependencies
    operations = [without_later(operation) for operation in REAL.operations]
