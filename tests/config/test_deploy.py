"""The settings of an installation in production, and rules of the code that no single feature holds."""

import ast
import os
from pathlib import Path

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.test import Client

from accounts.models import User
from accounts.sign_in.sessions import SessionStore
from config.settings import base
from tests.forked import ForkedCommand

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    *("accounts", "api", "audit", "backup", "chat", "config", "curation", "gateway", "ingest", "integrations", "kb", "language"),
    *("metrics", "outbound", "retention", "retrieval", "reviews", "sources", "system", "vault"),
)


def test_the_settings_of_production_have_no_finding(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ATTEST_", "DJANGO_"))}
    environment |= {"ATTEST_HOME": str(tmp_path), "ATTEST_BEHIND_TLS": "1", "DJANGO_SETTINGS_MODULE": "config.settings.base"}
    arguments = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    with ForkedCommand(*arguments, environment=environment, folder=ROOT) as command:
        done = command.wait(120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


def test_trace_is_not_answered(client: Client, employee: User) -> None:
    client.force_login(employee)
    for address in ("/", "/library/", "/api/v1/collections"):
        answered = client.trace(address)
        assert answered.status_code in (403, 405)
        assert b"sessionid" not in answered.content


def test_passwords_are_stretched_and_sessions_cannot_be_guessed(db: None) -> None:
    assert not hasattr(base, "PASSWORD_HASHERS")  # Django's own, whose first is this one
    assert PBKDF2PasswordHasher().iterations >= 600_000
    keys = {SessionStore()._get_new_session_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(len(key) == 32 and set(key) <= set(VALID_KEY_CHARS) for key in keys)  # 32 of 36 signs: 165 bits


def test_nothing_is_evaluated_unpickled_or_given_to_a_shell() -> None:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                    found += [(path.name, name) for name in names if name in ("pickle", "marshal", "shelve", "dill")]
                elif isinstance(node, ast.Call):
                    name = ast.unparse(node.func)
                    by_shell = any(word.arg == "shell" and ast.unparse(word.value) == "True" for word in node.keywords)
                    if name in ("eval", "exec", "os.system", "os.popen", "yaml.load") or by_shell:
                        found.append((path.name, name))
    assert found == []
