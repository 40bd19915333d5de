"""Keeps documents in step with what a connector lists: what to do next is in the database, so that any process can go on."""
