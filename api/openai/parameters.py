"""What a client of OpenAI's interface may ask for that Attest does not do: refused where it would be missed, else ignored.

Refused is what changes the meaning of the response: tools that would be called, a schema that it must keep, probabilities, several
choices, sound, a web search, stop words. Ignored is what only tunes the writing or the server (temperature, seed, max_tokens, user,
store …): clients send it unasked, and the answer comes from the documents whatever it says. docs/api.md lists both.
"""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.errors import ParameterUnsupported

TOOLS = gettext_lazy("Tools are not supported: the answer comes from the documents alone.")
FORMAT = gettext_lazy(
    "Response formats are not supported: an answer is text with citations. The field “attest” of every response has it as JSON."
)
PROBABILITIES = gettext_lazy("Log probabilities are not supported: sentences are verified as a whole.")
TEXT_ONLY = gettext_lazy("Only text is supported.")
DOCUMENTS_ONLY = gettext_lazy("Web search is not supported: only the documents are searched.")
ONE_ANSWER = gettext_lazy("Only one answer per question is supported.")
NOT_WEIGHED = gettext_lazy("Token weights are not supported.")
NO_STOPS = gettext_lazy("Stop sequences are not supported: an answer is shown sentence by sentence, each verified as a whole.")

Asks = Callable[[Any, dict[str, Any]], bool]


def is_given(value: Any, given: dict[str, Any]) -> bool:
    return bool(value)


def may_be_called(value: Any, given: dict[str, Any]) -> bool:
    """Tools that the client itself forbids to call may be listed."""
    return bool(value) and given.get("tool_choice") != "none" and given.get("function_call") != "none"


def must_be_called(value: Any, given: dict[str, Any]) -> bool:
    return value not in (None, "none", "auto")


def is_other_than_text(value: Any, given: dict[str, Any]) -> bool:
    return value is not None and not (isinstance(value, dict) and value.get("type") == "text")


def is_more_than_text(value: Any, given: dict[str, Any]) -> bool:
    return value not in (None, [], ["text"])


def is_more_than_one(value: Any, given: dict[str, Any]) -> bool:
    return value not in (None, 1)


REFUSED: dict[str, tuple[Asks, Promise]] = {
    "response_format": (is_other_than_text, FORMAT),
    "tools": (may_be_called, TOOLS),
    "tool_choice": (must_be_called, TOOLS),
    "functions": (may_be_called, TOOLS),
    "function_call": (must_be_called, TOOLS),
    "n": (is_more_than_one, ONE_ANSWER),
    "logprobs": (is_given, PROBABILITIES),
    "top_logprobs": (is_given, PROBABILITIES),
    "logit_bias": (is_given, NOT_WEIGHED),
    "stop": (is_given, NO_STOPS),
    "modalities": (is_more_than_text, TEXT_ONLY),
    "audio": (is_given, TEXT_ONLY),
    "web_search_options": (lambda value, given: value is not None, DOCUMENTS_ONLY),  # {} asks for it too
}


def refuse_unsupported(given: dict[str, Any]) -> None:
    """Raises: ParameterUnsupported: a field of the body asks for what would silently be missing from the response."""
    for name, (asks, reason) in REFUSED.items():
        if asks(given.get(name), given):
            raise ParameterUnsupported(f"{reason} " + _("Remove “%(name)s”.") % {"name": name}, param=name)
