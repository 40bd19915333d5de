"""Receipts that stand alone: exported, changed in every way, and checked by two programs that know nothing of Attest."""

import importlib.util
import io
import json
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from accounts.models import User
from audit.actor import Actor
from audit.errors import AuditInvalid
from audit.life.erasure import erase_payload
from audit.models import Event
from audit.receipts import bundle as bundles
from audit.receipts.document import receipt_as_pdf
from audit.services import record, write_checkpoint
from reviews.exporting import export_receipts
from tests.audit.receipts import receipt_payload
from tests.confirmed import confirmed

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
SCRIPT, PAGE = ROOT / "scripts" / "verify_receipt.py", ROOT / "scripts" / "verify_receipt.html"
TRIES = 100

spec = importlib.util.spec_from_file_location("verify_receipt", SCRIPT)
verifier = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verifier)


def exported(*events: Event) -> bytes:
    return export_receipts(Event.objects.filter(pk__in=[one.pk for one in events]).select_related("payload"), by=None)


def files_of(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed_from(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def text_of(pdf: bytes) -> tuple[str, int]:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document), len(document)


# --- the export ---


def test_an_auditor_takes_a_receipt_away_and_that_is_on_record(
    client: Client, auditor: User, employee: User, answered: Event
) -> None:
    address = f"/reviews/receipts/{answered.uid}/bundle.zip"
    assert client.get(address).status_code == 302
    client.force_login(employee)
    assert client.get(address).status_code == 404
    client.force_login(auditor)
    assert client.get(address).status_code == 302  # to confirm that it is still she
    confirmed(client)
    assert address in client.get(f"/audit/receipts/{answered.uid}/").content.decode()
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
    assert set(files_of(response.content)) == {"receipts.json", "README.txt", "receipt-1.pdf", "signing_key.pub"}
    event = Event.objects.get(action="audit.receipts_exported")
    assert (event.actor_name, event.payload.data["receipts"]) == ("ada", [str(answered.uid)])


def test_the_script_checks_it_without_the_application(answered: Event, tmp_path: Path) -> None:
    record("a.b")
    call_command("export_receipts", str(answered.uid), "--output", str(tmp_path / "r.zip"))
    key = tmp_path / "key.pub"
    key.write_bytes(files_of((tmp_path / "r.zip").read_bytes())["signing_key.pub"])

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", str(SCRIPT), *arguments], cwd=tmp_path, env={}, text=True, capture_output=True, check=False
        )

    done = run("r.zip", "--public-key", "key.pub")
    assert done.returncode == 0, done.stderr
    for part in (
        "All of it matches: 1 receipt(s)",
        "Question: How many hours of annual leave",
        "You earn 6 hours.[1]",
        "as you gave it",
    ):
        assert part in done.stdout
    assert "Compare it with a key" in run("r.zip").stdout
    files = files_of((tmp_path / "r.zip").read_bytes())
    (tmp_path / "bad.zip").write_bytes(packed_from(files | {"receipt-1.pdf": b"%PDF another"}))
    done = run("bad.zip")
    assert (done.returncode, done.stderr) == (1, "DOES NOT MATCH: receipt-1.pdf was changed\n")
    (tmp_path / "none").write_text("{}")
    assert run("none").returncode == 2


def test_both_programs_agree_on_bundles_changed_in_every_way(answered: Event, tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    events = [answered, *(record("question.refused", summary=f"Nr {n}", payload={"question": f"为什么 {n}？"}) for n in range(6))]
    packed = exported(*events[::2])
    chance, paths, expected = random.Random(3), [], []
    for number in range(TRIES):
        changed = packed if number % 10 == 0 else mutated(packed, chance)
        paths.append(tmp_path / f"{number}.zip")
        paths[-1].write_bytes(changed)
        try:
            found, files = verifier.read_bundle(paths[-1])
            expected.append(len(verifier.check_bundle(found, files=files)))
        except verifier.NoBundle:
            expected.append(-1)
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("check_in_node.mjs")), str(PAGE), str(tmp_path / "page.mjs")],
        input="\n".join(map(str, paths)), text=True, capture_output=True, check=True,
    )  # fmt: skip
    told = [int(line) for line in done.stdout.split()]
    assert told == expected
    assert [found for number, found in enumerate(told) if number % 10 == 0] == [0] * 10
    assert 0 not in [found for number, found in enumerate(told) if number % 10]
    assert len(set(told)) > 3


def mutated(packed: bytes, chance: random.Random) -> bytes:
    """Change a bundle in one place: a value anywhere in the JSON, a file, or which files there are."""
    files = files_of(packed)
    kind = chance.randrange(5)
    if kind == 0:
        name = chance.choice([name for name in files if name != "receipts.json"])
        files[name] += b" "
    elif kind == 1:
        del files[chance.choice(list(files))]
    elif kind == 2:
        files["pages/added.webp"] = b"x"
    else:
        content = json.loads(files["receipts.json"])
        change_something(content, chance)
        files["receipts.json"] = json.dumps(content, ensure_ascii=chance.random() < 0.5).encode()
    return packed_from(files)


def change_something(value: Any, chance: random.Random) -> None:
    """Walk down to a random place and change what is there."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = chance.choice(keys)
    inner = value[key]
    if isinstance(inner, dict | list) and inner and chance.random() < 0.85:
        change_something(inner, chance)
    elif isinstance(inner, dict | list) or chance.random() < 0.2:
        del value[key]
    elif isinstance(inner, int):
        value[key] = inner + chance.choice([-1, 1, 5])
    else:
        at = chance.randrange(len(inner)) if inner else 0
        value[key] = inner[:at] + chance.choice("0af年") + inner[at + 1 :] if inner else "x"
        if value[key] == inner:
            value[key] += "0"


# --- what a bundle holds ---


def test_a_bundle_of_another_key_is_refused_where_a_key_is_named(answered: Event, settings, tmp_path: Path) -> None:
    packed = exported(answered)
    settings.AUDIT_ROOT = tmp_path / "other"
    settings.AUDIT_KEYS = str(tmp_path / "audit" / "event_keys.jsonl")
    other = files_of(exported(answered))["signing_key.pub"]
    found, files = json.loads(files_of(packed)["receipts.json"]), files_of(packed)
    del files["receipts.json"]
    assert verifier.check_bundle(found, files=files) == []
    assert "the checkpoint is not signed with this key" in verifier.check_bundle(found, files=files, key_pem=other)


def test_a_kept_checkpoint_must_not_contradict(answered: Event) -> None:
    kept = []
    for number in range(7):
        kept.append(json.loads(write_checkpoint().as_line()))
        record("a.b", payload={"n": number})
    found = json.loads(files_of(exported(answered))["receipts.json"])
    assert [proof["sequence"] for proof in found["consistency"]] == [1, 2, 3, 4, 5, 6, 7]
    assert verifier.check_bundle(found, files=None, kept=[*kept, found["checkpoint"]]) == []
    for entry in (kept[0], kept[4], found["checkpoint"]):
        assert verifier.check_bundle(found, files=None, kept=[entry | {"root": "0" * 64}]) == [
            f"the chain does not continue the checkpoint of event {entry['sequence']} that was kept"
        ]


def test_an_erased_receipt_keeps_its_place_without_its_content(answered: Event) -> None:
    erase_payload(event=answered, reason="asked for")
    packed = exported(answered)
    assert b"annual leave" not in packed
    found = json.loads(files_of(packed)["receipts.json"])
    assert verifier.check_bundle(found, files=None) == []
    assert verifier.describe(found["receipts"][0]).endswith("(its content was erased)")


def test_what_the_signer_has_not_covered_is_not_exported(answered: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(answered)
    later = record("a.b")
    monkeypatch.setattr(bundles, "write_checkpoint", lambda: None)  # as where another process alone holds the key
    with pytest.raises(AuditInvalid, match="try again in a minute"):
        bundles.make_bundle([later], files={})


def test_numbers_that_are_none_write_no_file(answered: Event, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no receipt"):
        call_command("export_receipts", "11111111-1111-4111-8111-111111111111", "--output", str(tmp_path / "r.zip"))
    (tmp_path / "there").write_text("x")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_receipts", str(answered.uid), "--output", str(tmp_path / "there"))
    assert [path.name for path in tmp_path.iterdir() if path.name == "r.zip"] == []


def test_the_pdf_is_for_people_and_short(answered: Event) -> None:
    text, pages = text_of(receipt_as_pdf(Event.objects.select_related("payload").get(pk=answered.pk)))
    for part in (
        f"Receipt {str(answered.uid)[:8]}",
        "annual leave do I earn",
        "You earn 6 hours.",
        "After three years they earn 6 hours.",
        "Withheld",
        answered.hash,
    ):
        assert part in text, part
    assert pages <= 3


def test_a_pdf_in_chinese_holds_its_characters(employee: User) -> None:
    payload = receipt_payload(question="差旅住宿的上限是多少？", answer={"outcome": "answered", "answer": "每晚 600 元。[1]"})
    event = record("question.answered", by=Actor(id="1", name="王"), summary=payload["question"], payload=payload)
    with translation.override("zh-hans"):
        pdf = receipt_as_pdf(Event.objects.select_related("payload").get(pk=event.pk))
    text, _pages = text_of(pdf)
    assert "差旅住宿的上限是多少" in text.replace(" ", "")
