"""Stands for a release whose package `kb` has one migration more than the backup that it restores."""
