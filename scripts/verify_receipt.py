#!/usr/bin/env python3
"""Check receipts that were exported from Attest, without Attest: Python 3.9 or later and the package `cryptography` alone.

    python3 verify_receipt.py attest-receipts.zip --public-key signing_key.pub

A bundle is a ZIP file, or the `receipts.json` in it. Checked is that each receipt is what the audit recorded, to the byte; that it
stands at its place among all events that the signed checkpoint covers (RFC 6962); and that pictures and PDFs are those that were
signed. The public key proves something when you have it from somebody you trust, not from the bundle: name it by --public-key.
With --checkpoint, the chain must continue the checkpoints that you kept (a line each), as far as the bundle has proofs for them.

Exit codes: 0 everything matches; 1 something does not, each named; 2 this is no bundle.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "attest-receipts/1"
EVENT_FIELDS = ("action", "actor_id", "at", "payload_hash", "previous_hash", "sequence", "subject", "uid")


class NoBundle(Exception):
    """The file is none, as a sentence."""


def canonical(value: Any) -> bytes:
    """Return the bytes that are hashed and signed: keys sorted, no white space, characters as they are, lone surrogates escaped.

    Raises: ValueError: a number that is not whole.
    """
    refuse_fractions(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "".join(f"\\u{ord(one):04x}" if 0xD800 <= ord(one) <= 0xDFFF else one for one in text).encode()


def refuse_fractions(value: Any) -> None:
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > 2**53 - 1):
        raise ValueError("a number that is not whole")
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        refuse_fractions(one)


def root_of_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that an inclusion path leads to, None where it is no path of such a tree (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    at, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        at, last = at >> 1, last >> 1
    return node if last == 0 else None


def load_key(pem: bytes) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise NoBundle(f"The public key cannot be read: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise NoBundle("The public key is no Ed25519 key.")
    return key


def is_signed(key: Ed25519PublicKey, signature: str, content: bytes) -> bool:
    try:
        key.verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_signed_checkpoint(key: Ed25519PublicKey, checkpoint: Mapping[str, Any]) -> bool:
    names = ("at", "hash", "sequence", *(["root"] if checkpoint.get("root") else []))
    return is_signed(key, str(checkpoint["signature"]), canonical({name: checkpoint[name] for name in names}))


def need(value: Any, *names: str) -> None:
    """Raises: KeyError: something is missing."""
    for name in names:
        value[name]


def check_receipt(receipt: Mapping[str, Any], checkpoint: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with one receipt."""
    need(receipt, "event", "hash", "body", "inclusion")
    event, problems = receipt["event"], []
    number = event["sequence"]
    if sorted(event) != sorted(EVENT_FIELDS):
        return [f"receipt {number} has other fields than an event has"]
    if hashlib.sha256(canonical(event)).hexdigest() != receipt["hash"]:
        problems.append(f"receipt {number} is not what was recorded: its hash does not match")
    if receipt["body"] and hashlib.sha256(receipt["body"].encode()).hexdigest() != event["payload_hash"]:
        problems.append(f"receipt {number} has another content than was recorded")
    leaf = hashlib.sha256(b"\x00" + receipt["hash"].encode()).digest()
    path = [bytes.fromhex(node) for node in receipt["inclusion"]]
    root = root_of_path(leaf, number - 1, checkpoint["sequence"], path)
    if root is None or root.hex() != checkpoint["root"]:
        problems.append(f"receipt {number} is not in the chain that the checkpoint signs")
    return problems


def check_bundle(
    bundle: Mapping[str, Any],
    *,
    files: Mapping[str, bytes] | None,
    key_pem: bytes | None = None,
    kept: Iterable[Mapping[str, Any]] = (),
) -> list[str]:
    """Return what is wrong, as sentences; nothing: all of it is as it was recorded.

    Args:
        files: name to content of what lies beside the bundle; None: only the bundle itself was given.
        key_pem: the public key that you trust; None: the bundle's own.
        kept: checkpoints that were kept elsewhere.
    Raises: NoBundle: it is none.
    """
    try:
        need(bundle, "format", "public_key", "checkpoint", "signature", "receipts", "files", "consistency")
        need(bundle["checkpoint"], "at", "hash", "sequence", "root", "signature")
        if bundle["format"] != FORMAT:
            raise NoBundle(f"The bundle's format is {bundle['format']!r}; this program knows {FORMAT}.")
        key = load_key(key_pem or bundle["public_key"].encode())
        checkpoint, problems = bundle["checkpoint"], []
        signed = {name: value for name, value in bundle.items() if name != "signature"}
        if not is_signed(key, bundle["signature"], canonical(signed)):
            problems.append("the bundle is not signed with this key, or was changed")
        if not is_signed_checkpoint(key, checkpoint):
            problems.append("the checkpoint is not signed with this key")
        if not bundle["receipts"]:
            problems.append("the bundle holds no receipt")
        for receipt in bundle["receipts"]:
            problems += check_receipt(receipt, checkpoint)
        if files is not None:
            problems += check_files(bundle["files"], files)
        problems += check_kept(kept, bundle["consistency"], checkpoint)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoBundle(f"This is no bundle of receipts: {error!r}") from error
    return problems


def check_kept(kept: Iterable[Mapping[str, Any]], proofs: Iterable[Mapping[str, Any]], checkpoint: Mapping[str, Any]) -> list[str]:
    """Return which of the kept checkpoints are contradicted; of those that the bundle has no proof for, nothing is known."""
    problems, paths = [], {proof["sequence"]: proof["path"] for proof in proofs}
    paths[checkpoint["sequence"]] = []
    for entry in kept:
        number, root = entry["sequence"], entry.get("root")
        if not root or number not in paths:
            continue
        path = [bytes.fromhex(node) for node in paths[number]]
        if not is_consistent(number, bytes.fromhex(root), checkpoint["sequence"], bytes.fromhex(checkpoint["root"]), path):
            problems.append(f"the chain does not continue the checkpoint of event {number} that was kept")
    return problems


def is_consistent(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the second tree continues the first (RFC 9162, section 2.1.4.2)."""
    if first == second:
        return not path and first_root == second_root
    nodes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not 0 < first < second or not nodes:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = hashlib.sha256(b"\x01" + sibling + old).digest(), hashlib.sha256(b"\x01" + sibling + new).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = hashlib.sha256(b"\x01" + new + sibling).digest()
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def check_files(named: Mapping[str, str], files: Mapping[str, bytes]) -> list[str]:
    problems = [f"{name} is missing" for name in sorted(set(named) - set(files))]
    problems += [f"{name} is not of this bundle" for name in sorted(set(files) - set(named))]
    for name in sorted(set(named) & set(files)):
        if hashlib.sha256(files[name]).hexdigest() != named[name]:
            problems.append(f"{name} was changed")
    return problems


def read_bundle(path: str | Path) -> tuple[Any, dict[str, bytes] | None]:
    """Return (bundle, files beside it or None). Raises: NoBundle."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                if len(set(names)) < len(names):
                    raise NoBundle("The ZIP file has two files of one name.")
                found = {name: archive.read(name) for name in names}
            content = found.pop("receipts.json", b"")
            return parse(content), found
        return parse(Path(path).read_bytes()), None
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise NoBundle(f"{path} cannot be read: {error}") from error


def parse(content: bytes) -> Any:
    """Return JSON as browsers read it: 1.0 is 1. Other fractions have no place in a bundle."""
    return json.loads(
        content.decode("utf-8"), parse_float=lambda text: int(float(text)) if float(text).is_integer() else float(text)
    )


def describe(receipt: Mapping[str, Any]) -> str:
    """Return a receipt in a few lines."""
    event = receipt["event"]
    head = f"#{event['sequence']}  {event['at']}  {event['action']}  {event['uid']}"
    if not receipt["body"]:
        return f"{head}\n    (its content was erased)"
    payload = json.loads(receipt["body"])["payload"]
    lines = [head]
    certificate = payload.get("certificate")
    if isinstance(certificate, dict) and certificate.get("format") == "attest-deletion/1":
        lines.append(f"    {describe_certificate(certificate)}")
    if isinstance(payload.get("question"), str):
        lines.append(f"    Question: {payload['question']}")
    answer = payload.get("answer")
    if isinstance(answer, dict) and answer.get("answer"):
        lines.append(f"    Answer:   {answer['answer']}")
    return "\n".join(lines)


def describe_certificate(certificate: Mapping[str, Any]) -> str:
    """Return what a deletion certificate says, in a line."""
    found = [f"{count} {name}" for name, count in certificate["looked_for"].items() if count]
    outcome = f"still there: {', '.join(found)}" if found else f"all of {len(certificate['looked_for'])} checks found nothing"
    count = len(certificate["versions"])
    return f"Gone: {certificate['document']['name']}, {count} version{'s' if count > 1 else ''}, {outcome}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", metavar="BUNDLE")
    parser.add_argument("--public-key", type=Path, metavar="FILE")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE")
    given = parser.parse_args()
    try:
        bundle, files = read_bundle(given.bundle)
        key_pem = given.public_key.read_bytes() if given.public_key else None
        kept = [json.loads(line) for line in given.checkpoint.read_bytes().splitlines()] if given.checkpoint else []
        problems = check_bundle(bundle, files=files, key_pem=key_pem, kept=kept)
        told = [describe(receipt) for receipt in bundle["receipts"]] if not problems else []
    except (NoBundle, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    for problem in problems:
        print(f"DOES NOT MATCH: {problem}", file=sys.stderr)
    if problems:
        return 1
    print("\n".join(told))
    print(f"\nAll of it matches: {len(told)} receipt(s), signed at {bundle['checkpoint']['at']}.")
    der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    key = load_key(key_pem or bundle["public_key"].encode())
    fingerprint = hashlib.sha256(key.public_bytes(*der)).hexdigest()[:32]
    print(f"Public key {fingerprint}, {'as you gave it' if key_pem else 'from the bundle'}.")
    if key_pem is None:
        print("Compare it with a key that you have from somebody you trust, or name that by --public-key.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
