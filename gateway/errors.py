"""Errors between a prompt and a model's answer.

ModelError             the language model gives no answer
├── ModelUnreachable   no connection, unknown host, broken TLS
├── ModelAddressRefused  its address leads to this machine, and the operator did not allow it
├── ModelTimeout       no first token, or no end, in time
├── ModelUnauthorized  the key is wrong (401, 403)
├── ModelBusy          asked to wait (429, 503), or no place in our own queue
├── BudgetExhausted    the month's budget is spent
├── ModelSuspended     failed several times in a row, and is not asked for a while
├── ContextOverflow    the prompt is longer than the model's context
├── ModelRejected      another refusal of the request (4xx)
├── ModelFaulty        an error inside the server (5xx, or an error event)
├── ModelBroken        the stream ended before the answer did, or is no event stream
└── ModelSilent        the stream ended well without a single character
"""

from django.utils.translation import gettext_lazy as _


class ModelError(Exception):
    """Root of every error of this package. `code` is stable; `sentence` is for readers."""

    code = "model"
    sentence = _("The language model did not respond. Try again in a moment.")


class ModelUnreachable(ModelError):
    code = "model_unreachable"


class ModelAddressRefused(ModelError):
    code = "model_address_refused"


class ModelTimeout(ModelError):
    code = "model_timeout"


class ModelUnauthorized(ModelError):
    code = "model_unauthorized"


class ModelBusy(ModelError):
    code = "model_busy"


class BudgetExhausted(ModelError):
    code = "budget_exhausted"
    sentence = _("The budget for language models is spent for this month.")


class ModelSuspended(ModelError):
    code = "model_suspended"


class ContextOverflow(ModelError):
    code = "context_overflow"


class ModelRejected(ModelError):
    code = "model_rejected"


class ModelFaulty(ModelError):
    code = "model_faulty"


class ModelBroken(ModelError):
    code = "model_broken"


class ModelSilent(ModelError):
    code = "model_silent"
