"""docs/troubleshooting.md has every code of an error once, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ingest.errors import MESSAGES

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    *("accounts", "api", "audit", "backup", "chat", "curation", "gateway", "guards", "ingest", "integrations", "kb", "outbound"),
    *("retention", "retrieval", "reviews", "sources", "system"),
)
# Of classes whose errors all have a code of their own.
GENERAL = {
    *("accounts", "api", "audit", "audit_output", "backup", "chat", "curation", "guard", "integration", "key_refused", "model"),
    *("outbound", "retention", "retrieval", "review"),
}
BY_MIDDLEWARE = {"confirmation_required"}  # config/requests/step_up.py
RAISED = re.compile(r"(Refused|Fault|Error)$")
CODE = re.compile(r"[a-z]+(_[a-z]+)*")


def codes_of(tree: ast.AST) -> Iterator[str]:
    """Yield the codes that classes have, and those that are given to an error where it is made."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                names = line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
                if any(getattr(name, "id", "") == "code" for name in names) and isinstance(line.value, ast.Constant):
                    yield str(line.value.value)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
            if RAISED.search(name) and isinstance(node.args[0].value, str) and CODE.fullmatch(node.args[0].value):
                yield node.args[0].value


def test_every_code_has_one_row_and_every_row_a_code() -> None:
    paths = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    raised = {code for path in paths for code in codes_of(ast.parse(path.read_text(encoding="utf-8"))) if code}
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| [^|]+ \|$", page, re.MULTILINE)
    assert sorted(rows) == sorted(set(rows))
    assert set(rows) == (raised | set(MESSAGES) | BY_MIDDLEWARE) - GENERAL
