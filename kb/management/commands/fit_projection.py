"""Fit the token projection of an encoder of one's own, so that late interaction reranks with it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from kb.index.entries import to_indexed_chunk
from kb.models import Chunk
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.fitting import fit_projection, save_projection
from retrieval.encoding.opening import SHIPPED, open_encoder
from retrieval.errors import EncoderError

DIMENSION = 128  # what every model measured so far does well with; the bundled one's 64 were measured for it alone
SAMPLE = 1000  # passages: about 150,000 tokens
LEAST = 20  # passages below which there is nothing to fit to


class Command(BaseCommand):
    help = (
        "Fit the projection of token vectors for the encoder in the folder EMBEDDER to a sample of this installation's passages, "
        "and keep it in that folder. `manage.py reindex` then builds an index that reranks by late interaction."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dimension", type=int, default=DIMENSION, help=f"dimensions kept of each token vector, half a byte each ({DIMENSION})"
        )
        parser.add_argument("--sample", type=int, default=SAMPLE, help=f"passages to fit to ({SAMPLE})")

    def handle(self, *, dimension: int, sample: int, **options: Any) -> None:
        encoder = _own_encoder()
        # Ids are hashes: the first ones are a sample of all documents.
        rows = Chunk.objects.live().select_related("version__document").order_by("pk")[: max(1, sample)]
        texts = [to_indexed_chunk(chunk).contextual_text for chunk in rows]
        texts = [text for text in texts if encoder.unknown_share(text) <= 0.3]
        if len(texts) < LEAST:
            raise CommandError(f"{len(texts)} passages that {encoder.folder.name} reads are too few; ingest documents first.")
        vectors = np.concatenate(list(tqdm(encoder.token_vectors(texts), total=len(texts), unit="passage")))
        try:
            path = save_projection(encoder.folder, *fit_projection(vectors, dimension))
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{path}: {dimension} dimensions from {len(vectors):,} tokens of {len(texts):,} passages.")
        self.stdout.write("Restart Attest, then run manage.py reindex: the present index answers until all is embedded with it.")


def _own_encoder() -> SentenceEncoder:
    """Return the encoder of one's own. Raises: CommandError: it is the bundled one, a server, or no model."""
    if settings.EMBEDDER in SHIPPED:
        raise CommandError("The bundled encoder has its projection; EMBEDDER names the folder of another.")
    if "://" in settings.EMBEDDER:
        raise CommandError("A server gives no token vectors; only the folder of a model can be fitted.")
    try:
        encoder = open_encoder(str(Path(settings.EMBEDDER)), is_projected=False)
    except EncoderError as error:
        raise CommandError(str(error)) from error
    if not isinstance(encoder, SentenceEncoder):
        raise CommandError(f"{settings.EMBEDDER} is no single model.")
    return encoder
