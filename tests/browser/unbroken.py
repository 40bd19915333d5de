"""A library, people, conversations and an audit whose every word is one unbroken run of characters, for looking at all pages.

`python -m tests.browser.unbroken` writes them into the installation of the environment and prints where to look, as JSON.
"""

import json
import sys
from typing import Any

import django

LETTERS = "Donaudampfschifffahrtsgesellschaft" * 18  # 612 letters
LINK = "https://intranet.example/" + "a1b2c3d4e5" * 60
PASSWORD = "correct horse 7"
TABLE = "| Term | Meaning | Owner |\n|---|---|---|\n| Reimbursement | " + LETTERS + " | Controlling |"


def seed() -> dict[str, Any]:
    """Write the rows. Returns: {"people": {role: username}, "pages": {role: {address name: [path, …]}}}."""
    from tests.browser.unbroken_rows import write_rows

    return write_rows()


def main() -> None:
    django.setup()
    json.dump(seed(), sys.stdout)


if __name__ == "__main__":
    main()
