"""Rules that make a follow-up a question that stands alone."""
