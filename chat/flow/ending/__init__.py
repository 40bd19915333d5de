"""How a question ends: concluded in the audit, with its receipt."""
