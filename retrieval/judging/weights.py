"""Weights of the judge as a file: matrices in eight bits with a scale for each row, all else in float16.

Beside the weights lies a card in JSON, which names their SHA-256 and the encoder below them: other bytes are not loaded.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from retrieval.judging.errors import JudgeError

WEIGHTS, CARD = "judge.safetensors", "judge.json"
_SCALE = ".scale"
_LEAST_MATRIX = 65_536  # values from which a matrix is kept in eight bits
_NEEDED = {"sha256": str, "encoder": str, "calibration": dict}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeWeights:
    """Trained weights, in float32, by the names of `retrieval.encoding.plain.PlainBert` and `retrieval.judging.heads.Heads`.

    Attributes:
        encoder: what they were trained above (`encoder_name`).
        digest: the SHA-256 of the file.
        calibration: what the card says of it (`retrieval.judging.calibration`).
    """

    bert: Mapping[str, Tensor] = field(repr=False)
    heads: Mapping[str, Tensor] = field(repr=False)
    encoder: str
    digest: str
    calibration: Mapping[str, Any]


def save_weights(state: Mapping[str, Tensor], folder: Path, card: Mapping[str, Any]) -> str:
    """Write weights and card, and return the SHA-256 of the weights.

    Args:
        state: weights by name, which begins with `bert.` or `heads.`.
        card: what else it says: `encoder` and `calibration`; data, licences, seeds, figures.
    """
    tensors: dict[str, Tensor] = {}
    for name, value in state.items():
        if value.dim() == 2 and value.numel() >= _LEAST_MATRIX:
            scale = value.float().abs().amax(dim=1).clamp(min=1e-8) / 127
            tensors[name] = (value.float() / scale[:, None]).round().clamp(-127, 127).to(torch.int8).contiguous()
            tensors[name + _SCALE] = scale
        else:
            tensors[name] = value.half().contiguous()
    data = save(tensors)
    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(data)
    text = json.dumps({**card, "sha256": digest, "bytes": len(data)}, indent=2, ensure_ascii=False)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")
    return digest


def load_weights(folder: Path) -> JudgeWeights:
    """Raises: JudgeError: card or weights are missing, cannot be read, or are not those of each other."""
    card = _read_card(folder)
    try:
        data = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise JudgeError(f"The judge's weights are missing in {folder}: {error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != card["sha256"]:
        raise JudgeError(f"The judge's weights in {folder} have SHA-256 {found}, their card says {card['sha256']}.")
    try:
        tensors = load(data)
        state = {name: _restored(name, tensors) for name in tensors if not name.endswith(_SCALE)}
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise JudgeError(f"The judge's weights in {folder} cannot be read: {error}") from error
    return JudgeWeights(
        bert=_part(state, "bert."), heads=_part(state, "heads."), encoder=card["encoder"], digest=found,
        calibration=card["calibration"],
    )  # fmt: skip


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JudgeError(f"No card of the judge's weights can be read in {folder}: {error}") from error
    if not isinstance(card, dict) or not all(isinstance(card.get(name), kind) for name, kind in _NEEDED.items()):
        raise JudgeError(f"The card {folder / CARD} lacks {', '.join(_NEEDED)}.")
    return card


def _part(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _restored(name: str, tensors: Mapping[str, Tensor]) -> Tensor:
    value = tensors[name].float()
    return value * tensors[name + _SCALE][:, None] if name + _SCALE in tensors else value
