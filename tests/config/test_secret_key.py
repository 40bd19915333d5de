"""A secret key that others know, or can guess, is none."""

import re
import secrets
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from config.env import env_secret
from config.secret_key import check_secret_key

ROOT = Path(__file__).resolve().parents[2]


def sentence_about(key: str) -> str:
    try:
        check_secret_key(key, place="ATTEST_SECRET_KEY")
    except ImproperlyConfigured as error:
        return str(error)
    return ""


@pytest.mark.parametrize("key", ["x", "secret", "9f2c1e7ab04d5863c1f7e2ab90d4c5"])
def test_a_short_key_is_refused(key: str) -> None:
    assert re.match(rf"ATTEST_SECRET_KEY has {len(key)} characters; a secret key needs at least 32", sentence_about(key))


@pytest.mark.parametrize(
    "key",
    [
        "django-insecure-q7Zr2LkX9wTfB4nVc1MdY8sHgJ0pEaUi6oRxKt3W",
        "Change-Me!q7Zr2LkX9wTfB4nVc1MdY8sHgJ0pEaUi6oRxKt3W",
        "changeme-changeme-changeme-changeme",
        "please_change_this_to_something_long_and_random_0123",
        "your-secret-key-goes-here-and-is-long-enough-1234567",
        "this is the output of openssl rand -hex 48, or is it?",
        "correct-horse-battery-staple-password-example-4711-99",
        "a" * 64,
        "0123456789abcdef" * 4,
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ",
        "zyxwvutsrqponmlkjihgfedcba9876543210",
        "12121212121212121212121212121212",
    ],
)
def test_a_known_key_is_refused(key: str) -> None:
    assert "others know or can guess" in sentence_about(key)
    assert key not in sentence_about(key)


def test_no_example_of_the_documentation_is_a_key() -> None:
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "docker-compose.yml"]
    examples = {value for page in pages for value in re.findall(r"ATTEST_SECRET_KEY[=:]\s*(\S.*)", page.read_text("utf-8"))}
    assert examples
    assert [example for example in examples if not sentence_about(example)] == []


@pytest.mark.parametrize("make", [lambda: secrets.token_hex(16), lambda: secrets.token_hex(48), secrets.token_urlsafe])
def test_a_random_key_is_taken(make) -> None:
    assert {sentence_about(make()) for _ in range(500)} == {""}
    assert sentence_about(get_random_secret_key()) == ""


def test_a_key_that_was_written_into_the_file_is_judged_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTEST_SECRET_KEY", raising=False)
    path = tmp_path / "secret_key"
    path.write_text("changeme" * 5)
    with pytest.raises(ImproperlyConfigured, match=r"secret_key is a key that others know"):
        env_secret("ATTEST_SECRET_KEY", path)
    path.unlink()
    made = env_secret("ATTEST_SECRET_KEY", path)
    assert sentence_about(made) == ""
    assert path.stat().st_mode & 0o077 == 0
