"""Remove files that no generation refers to: old generations, and what a killed writer left."""

import logging
from pathlib import Path

from retrieval.errors import IndexDamaged
from retrieval.local import durable
from retrieval.local.damage import NOTE
from retrieval.local.locks import MERGE_LOCK, UPKEEP_LOCK, WRITER_LOCK, held
from retrieval.local.manifest import NAME, PREVIOUS, Manifest, load_manifest

logger = logging.getLogger(__name__)

UNDER_WAY = "joining-"  # how the name of a segment begins that is written without the writer's lock


def sweep(root: Path) -> None:
    """Remove what neither the published generation nor the one before it refers to. Holding the writer's lock."""
    try:
        needed = load_manifest(root).names()
    except IndexDamaged:
        logger.warning("the manifest of %s is damaged; nothing is swept", root)
        return
    needed |= {NAME, PREVIOUS, NOTE, WRITER_LOCK, MERGE_LOCK, UPKEEP_LOCK} | _previous(root).names()
    stray = [path for path in root.iterdir() if path.name not in needed]
    under_way = [path for path in stray if path.name.startswith(UNDER_WAY)]
    for path in stray:
        if path not in under_way:
            durable.remove(path)
    if under_way:
        with held(root, MERGE_LOCK) as nobody:  # else somebody is writing it just now
            for path in under_way if nobody else ():
                durable.remove(path)


def _previous(root: Path) -> Manifest:
    try:
        return load_manifest(root, PREVIOUS)
    except IndexDamaged:
        return Manifest()
