"""The manifest: the one pointer that names what a generation of the index is made of. Written last, swapped at once."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from retrieval.errors import IndexDamaged
from retrieval.local.durable import file_digest, replace_durably

NAME = "MANIFEST.json"
PREVIOUS = "MANIFEST.previous.json"
FORMAT = 1
QUICK_CHECK_BYTES = 64 * 1024 * 1024  # larger files are checked by size when opened, by content in verify_index


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSum:
    """What a published file must be."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A folder of immutable files: one dense segment, or the keyword index of one generation."""

    name: str
    files: dict[str, FileSum] = field(default_factory=dict)
    rows: int = 0
    dead: str = ""  # file in the index root with the row numbers that are gone; empty: none
    dead_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    generation: int = 0
    keyword: Part | None = None
    segments: tuple[Part, ...] = ()
    analyzer: str = ""  # what cut the words of the keyword part; see Analyzer.fingerprint

    def names(self) -> set[str]:
        """Entries of the index root that this generation needs."""
        parts = [*self.segments, *([self.keyword] if self.keyword else [])]
        return {part.name for part in parts} | {part.dead for part in parts if part.dead}


def load_manifest(root: Path, name: str = NAME) -> Manifest:
    """Return the published manifest, or an empty one where nothing was published yet. Raises: IndexDamaged."""
    try:
        raw = json.loads((root / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"The manifest {root / name} cannot be read: {error}") from error
    try:
        if raw["format"] != FORMAT:
            raise IndexDamaged(f"The manifest {root / name} has format {raw['format']}; this version reads {FORMAT}.")
        return Manifest(
            generation=int(raw["generation"]),
            keyword=_part(raw["keyword"]) if raw["keyword"] else None,
            segments=tuple(_part(item) for item in raw["segments"]),
            analyzer=str(raw.get("analyzer", "")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"The manifest {root / name} is incomplete: {error}") from error


def store_manifest(root: Path, manifest: Manifest, name: str = NAME) -> None:
    """Publish: from here on readers see this generation."""
    content = json.dumps({"format": FORMAT, **asdict(manifest)}, sort_keys=True).encode()
    replace_durably(root / name, content)


def describe(folder: Path, *, known: Part | None = None) -> dict[str, FileSum]:
    """Return the sums of a part's files; what `known` already lists under the same name and size is not read again."""
    sums: dict[str, FileSum] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".tantivy"):
            continue  # lock files
        size = path.stat().st_size
        before = known.files.get(path.name) if known and path.suffix != ".json" else None
        sums[path.name] = before if before and before.size == size else FileSum(size=size, sha256=file_digest(path))
    return sums


def check_part(root: Path, part: Part, *, thorough: bool = False, known: Part | None = None) -> None:
    """Raise IndexDamaged where a file of the part is missing or differs; contents of large files only if `thorough`.

    What `known`, a part that was checked before, lists alike is not read again: a new generation shares most of its files
    with the last, and opening it must not cost a reading of the whole index.
    """
    for name, expected in part.files.items():
        path = root / part.name / name
        try:
            size = path.stat().st_size
        except OSError as error:
            raise IndexDamaged(f"{path} is missing.") from error
        if size != expected.size:
            raise IndexDamaged(f"{path} has {size} bytes, {expected.size} were published.")
        if known is not None and known.files.get(name) == expected:
            continue
        if (thorough or size <= QUICK_CHECK_BYTES) and file_digest(path) != expected.sha256:
            raise IndexDamaged(f"{path} does not match its checksum.")


def _part(raw: dict[str, object]) -> Part:
    files = raw["files"]
    if not isinstance(files, dict):
        raise TypeError("files")
    return Part(
        name=str(raw["name"]),
        files={str(name): FileSum(size=int(item["size"]), sha256=str(item["sha256"])) for name, item in files.items()},
        rows=int(str(raw["rows"])),
        dead=str(raw["dead"]),
        dead_rows=int(str(raw["dead_rows"])),
    )
