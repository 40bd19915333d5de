"""Whether a secret key is one: long, and not one that others know."""

import itertools
import re

from django.core.exceptions import ImproperlyConfigured

MINIMUM_CHARACTERS = 32
MINIMUM_KINDS = 8  # of characters: 32 random hexadecimal digits had fewer in none of 200,000 draws
# Parts of keys that stand in examples, in lower case and without signs. None is found by chance in a random one.
KNOWN = (
    *("djangoinsecure", "insecure", "changeme", "changethis", "changeit", "replaceme", "replacethis", "placeholder"),
    *("secretkey", "yoursecret", "mysecret", "supersecret", "topsecret", "notsosecret", "notasecret", "verysecret"),
    *("password", "example", "opensslrand", "randomstring", "longstring", "attestattest", "qwertyuiop", "loremipsum"),
)
ADVICE = "Set it to the output of: openssl rand -hex 48"


def check_secret_key(key: str, *, place: str) -> str:
    """Return the key. `place`: the variable or the file that it comes from, for the sentence; the key is never shown.

    Raises: ImproperlyConfigured: it is short, or can be guessed.
    """
    if len(key) < MINIMUM_CHARACTERS:
        raise ImproperlyConfigured(
            f"{place} has {len(key)} characters; a secret key needs at least {MINIMUM_CHARACTERS}, drawn at random. {ADVICE}"
        )
    if is_known(key):
        raise ImproperlyConfigured(f"{place} is a key that others know or can guess: it stands in an example. {ADVICE}")
    return key


def is_known(key: str) -> bool:
    """True for examples, for one piece again and again, and for characters in their order."""
    bare = re.sub(r"[^a-z0-9]", "", key.lower())
    if any(part in bare for part in KNOWN) or len(set(key)) < MINIMUM_KINDS:
        return True
    if key in (key + key)[1:-1]:
        return True
    steps = [ord(after) - ord(before) for before, after in itertools.pairwise(key)]
    return 2 * max(steps.count(1), steps.count(-1)) > len(steps)
