"""Encryption of what is kept: the key ring, sealed values and sealed files. Knows no database."""
