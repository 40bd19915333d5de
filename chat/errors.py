"""What can go wrong between a question and its answer. "No evidence" is an outcome, never an error.

ChatError
├── QuestionRefused        the question is not taken: empty, too long, a collection that the asker does not see
├── AuditUnavailable       the receipt could not be written, so no answer is given
├── EvidenceWithdrawn      a cited source was deleted, replaced or revoked while the answer was on its way
├── SearchFailed           the index or the encoder does not answer
├── AnswerInterrupted      the process that was answering has ended
└── ModelError             the language model gives no answer
    ├── ModelUnreachable   no connection, unknown host, broken TLS
    ├── ModelTimeout       no first token, or no end, in time
    ├── ModelUnauthorized  the key is wrong (401, 403)
    ├── ModelBusy          asked to wait (429, 503), or no place in our own queue
    ├── ModelSuspended     failed several times in a row, and is not asked for a while
    ├── ContextOverflow    the prompt is longer than the model's context
    ├── ModelRejected      another refusal of the request (4xx)
    ├── ModelFaulty        an error inside the server (5xx, or an error event)
    ├── ModelBroken        the stream ended before the answer did, or is no event stream
    └── ModelSilent        the stream ended well without a single character
"""

from django.utils.translation import gettext_lazy as _


class ChatError(Exception):
    """Root of every error of this package. `code` is stable; `sentence` is what a reader is told."""

    code = "chat"
    sentence = _("Something went wrong while answering. Ask again, and tell an administrator if it happens twice.")


class QuestionRefused(ChatError):
    """`message` is translated and says what to do."""

    code = "question_refused"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class AuditUnavailable(ChatError):
    code = "audit_unavailable"
    sentence = _("The answer could not be recorded in the audit, so it is not shown. Tell an administrator.")


class EvidenceWithdrawn(ChatError):
    code = "evidence_withdrawn"
    sentence = _("A source of this answer was changed or withdrawn while it was being written. Ask again.")


class SearchFailed(ChatError):
    code = "search_failed"
    sentence = _("The documents cannot be searched right now. Try again in a moment.")


class AnswerInterrupted(ChatError):
    code = "interrupted"
    sentence = _("The server was restarted while it was answering. Ask again.")


class ModelError(ChatError):
    code = "model"
    sentence = _("The language model gave no answer. Try again in a moment.")


class ModelUnreachable(ModelError):
    code = "model_unreachable"


class ModelTimeout(ModelError):
    code = "model_timeout"


class ModelUnauthorized(ModelError):
    code = "model_unauthorized"


class ModelBusy(ModelError):
    code = "model_busy"


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


def _tree(root: type[ChatError]) -> list[type[ChatError]]:
    return [root, *(found for child in root.__subclasses__() for found in _tree(child))]


def sentence_for(code: str) -> str:
    """Return what a reader is told about a failed turn, in the active language; the root's sentence for unknown codes."""
    return str(next((error.sentence for error in _tree(ChatError) if error.code == code), ChatError.sentence))
