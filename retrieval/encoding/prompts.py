"""What a model was trained to read before a question and before a passage, as its folder declares it.

sentence-transformers keeps it in `config_sentence_transformers.json`: {"prompts": {"query": "query: ", "document": "passage: "}}.
An e5 model without its prompts loses part of what it learned to tell a question from what answers it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import EncoderError

FILE = "config_sentence_transformers.json"
OF_PASSAGES = ("document", "passage", "corpus")  # the names that sentence-transformers looks for, in its order


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What stands before each text."""

    query: str = ""
    passage: str = ""


def read_prompts(folder: Path) -> Prompts:
    """Return a model's prompts, empty where it declares none. Raises: EncoderError: the file is no such declaration."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        declared = content.get("prompts") or {}
        usual = declared.get(content.get("default_prompt_name"), "")
        passage = next((declared[name] for name in OF_PASSAGES if name in declared), usual)
        return Prompts(query=str(declared.get("query", usual)), passage=str(passage))
    except FileNotFoundError:
        return Prompts()
    except (OSError, ValueError, AttributeError) as error:
        raise EncoderError(f"{folder / FILE} could not be read: {error}") from error
