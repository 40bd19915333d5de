"""Sentences that say the same of different times, subjects or documents: shown beside each other, never one of them silently."""
