"""Backing up a whole installation into one file, and restoring it into an empty one."""
