"""Passwords that the installation makes up: read aloud and typed without mistakes."""

import secrets

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0 and 1, which look alike
GROUPS, GROUP_LENGTH = 4, 4


def generate_password() -> str:
    """Return four groups of four characters: 16 · log2(31) = 79 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
