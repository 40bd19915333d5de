"""Errors between a question and its answer. "No evidence" is an outcome, never an error.

ChatError
├── QuestionRefused        the question is not taken: empty, too long, a collection that the asker does not see
├── AuditUnavailable       the receipt could not be written, so no answer is given
├── EvidenceWithdrawn      a cited source was deleted, replaced or revoked while the answer was on its way
├── AccessEnded            the session, the key or the account that asked does not hold any more
├── SearchFailed           the index or the encoder does not answer
├── IndexIncomplete        passages are missing in the index, which is being rebuilt; what was not found may yet be there
├── AnswerInterrupted      the process that was answering has ended
└── TurnTaken              another connection is answering this question already
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gateway.errors import ModelError

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise  # of gettext_lazy; only the stubs name it


class Shortage(Protocol):
    """How many passages of how many are in the index (kb.index.completeness.Shortage)."""

    @property
    def done(self) -> int: ...

    @property
    def wanted(self) -> int: ...


class ChatError(Exception):
    """Root of every error of this package. `code` is stable; `sentence` is for readers."""

    code = "chat"
    sentence: "str | StrPromise" = _(
        "Something went wrong while answering. Ask again. If it happens twice, contact your administrator."
    )


class QuestionRefused(ChatError):
    """`message` is translated and says what to do."""

    code = "question_refused"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class AuditUnavailable(ChatError):
    code = "audit_unavailable"
    sentence = _("The answer could not be recorded in the audit, so it is not shown. Contact your administrator.")


class EvidenceWithdrawn(ChatError):
    code = "evidence_withdrawn"
    sentence = _("A source of this answer changed or was removed while the answer was being written. Ask again.")


class AccessEnded(ChatError):
    code = "access_ended"
    sentence = _("Your access ended while the question was being answered. Sign in again, or use a valid API key.")
    status = HTTPStatus.UNAUTHORIZED


class SearchFailed(ChatError):
    code = "search_failed"
    sentence = _("Search is unavailable right now. Try again in a moment.")


class IndexIncomplete(ChatError):
    """`shortage`: how far the rebuilding is."""

    code = "index_rebuilding"
    sentence: "str | StrPromise" = _("The index was being rebuilt, so the answer may not have been found. Ask again.")

    def __init__(self, shortage: Shortage) -> None:
        super().__init__(f"{shortage.done} of {shortage.wanted} passages are in the index")
        self.shortage = shortage
        self.sentence = rebuilding_sentence(shortage)


def rebuilding_sentence(shortage: Shortage) -> str:
    """Return, lazily, the sentence for a reader who asks meanwhile."""
    return _rebuilding(done=shortage.done, wanted=shortage.wanted)


def _say_rebuilding(*, done: int, wanted: int) -> str:
    return gettext("The index is being rebuilt (%(done)d of %(wanted)d passages). Ask again in a few minutes.") % {
        "done": done,
        "wanted": wanted,
    }


_rebuilding = lazy(_say_rebuilding, str)


class AnswerInterrupted(ChatError):
    code = "interrupted"
    sentence = _("The server restarted while it was answering. Ask again.")


class TurnTaken(ChatError):
    code = "turn_taken"
    sentence = _("This question is already being answered.")
    status = HTTPStatus.CONFLICT


def _tree(root: type[ChatError | ModelError]) -> list[type[ChatError | ModelError]]:
    return [root, *(found for child in root.__subclasses__() for found in _tree(child))]


def sentence_for(code: str) -> str:
    """Return the sentence for a failed turn, in the active language; the root's sentence for unknown codes."""
    return str(
        next((error.sentence for error in (*_tree(ChatError), *_tree(ModelError)) if error.code == code), ChatError.sentence)
    )
