"""The manifest: the one pointer that names what a generation of the index is made of. Written last, swapped at once."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from retrieval.errors import IndexDamaged, IndexOutdated
from retrieval.local.durable import file_digest, replace_durably

NAME = "MANIFEST.json"
PREVIOUS = "MANIFEST.previous.json"
FORMAT = 2  # 1 had the words of all in a tantivy index beside the segments
QUICK_CHECK_BYTES = 64 * 1024 * 1024  # larger files are checked by size when opened, by content in verify_index


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSum:
    """What a published file must be."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A folder of immutable files: one segment."""

    name: str
    files: dict[str, FileSum] = field(default_factory=dict)
    rows: int = 0
    dead: str = ""  # file in the index root with the row numbers that are gone; empty: none
    dead_rows: int = 0
    collections: dict[int, int] = field(default_factory=dict)  # live rows of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    generation: int = 0
    segments: tuple[Part, ...] = ()
    analyzer: str = ""  # what cut the words; see Analyzer.fingerprint

    def names(self) -> set[str]:
        """Entries of the index root that this generation needs."""
        return {part.name for part in self.segments} | {part.dead for part in self.segments if part.dead}


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
            raise IndexOutdated(f"The index {root} has the layout {raw['format']} of another release; this one reads {FORMAT}.")
        return Manifest(
            generation=int(raw["generation"]),
            segments=tuple(_part(item) for item in raw["segments"]),
            analyzer=str(raw.get("analyzer", "")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"The manifest {root / name} is incomplete: {error}") from error


def store_manifest(root: Path, manifest: Manifest, name: str = NAME) -> None:
    """Publish: from here on readers see this generation."""
    content = json.dumps({"format": FORMAT, **asdict(manifest)}, sort_keys=True).encode()
    replace_durably(root / name, content)


def describe(folder: Path) -> dict[str, FileSum]:
    """Return the sums of a part's files."""
    return {path.name: FileSum(size=path.stat().st_size, sha256=file_digest(path)) for path in sorted(folder.iterdir())}


def check_part(root: Path, part: Part, *, thorough: bool = False) -> None:
    """Raise IndexDamaged where a file of the part is missing or differs; contents of large files only if `thorough`."""
    for name, expected in part.files.items():
        path = root / part.name / name
        try:
            size = path.stat().st_size
        except OSError as error:
            raise IndexDamaged(f"{path} is missing.") from error
        if size != expected.size:
            raise IndexDamaged(f"{path} has {size} bytes, {expected.size} were published.")
        if (thorough or size <= QUICK_CHECK_BYTES) and file_digest(path) != expected.sha256:
            raise IndexDamaged(f"{path} does not match its checksum.")


def _part(raw: dict[str, object]) -> Part:
    files, collections = raw["files"], raw["collections"]
    if not isinstance(files, dict) or not isinstance(collections, dict):
        raise TypeError("files or collections")
    return Part(
        name=str(raw["name"]),
        files={str(name): FileSum(size=int(item["size"]), sha256=str(item["sha256"])) for name, item in files.items()},
        rows=int(str(raw["rows"])),
        dead=str(raw["dead"]),
        dead_rows=int(str(raw["dead_rows"])),
        collections={int(collection): int(rows) for collection, rows in collections.items()},
    )
