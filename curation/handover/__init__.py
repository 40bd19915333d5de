"""Asking a person: where the documents do not answer, the owners of a collection do."""
