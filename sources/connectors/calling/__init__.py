"""Requests to sources: which addresses may be called, within which limits, signed in how."""
