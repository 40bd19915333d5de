"""Refusals: their sentences, and what they offer in place of an answer."""
