"""API keys on pages, and the accounts of programs that have keys."""
