"""The audit's codes in words. A code that is not listed is shown as it is: nothing recorded is ever hidden for want of a word."""

from django.utils.translation import gettext_lazy as _

ACTIONS = {
    "question.answered": _("Question answered"),
    "question.refused": _("Question refused"),
    "question.failed": _("Question failed"),
    "source.viewed": _("Source viewed"),
    "document.uploaded": _("Document uploaded"),
    "document.version_added": _("New version uploaded"),
    "document.indexed": _("Document ready"),
    "document.failed": _("Document failed"),
    "document.deleted": _("Document deleted"),
    "document.retried": _("Document tried again"),
    "collection.created": _("Collection created"),
    "collection.changed": _("Collection changed"),
    "collection.deleted": _("Collection deleted"),
    "account.created": _("Account created"),
    "account.changed": _("Account changed"),
    "group.created": _("Group created"),
    "group.changed": _("Group changed"),
    "group.deleted": _("Group deleted"),
    "session.started": _("Signed in"),
    "session.ended": _("Signed out"),
    "session.refused": _("Sign-in refused"),
    "audit.viewed": _("Audit searched"),
    "audit.receipt_viewed": _("Receipt viewed"),
    "audit.exported": _("Audit exported"),
    "audit.verified": _("Audit verified"),
    "audit.erased": _("Personal data erased"),
}
OUTCOMES = {"answered": _("Answered"), "refused": _("Refused"), "failed": _("Failed"), "stopped": _("Stopped")}
VERDICTS = {"supported": _("Supported"), "corrected": _("Corrected"), "withheld": _("Withheld")}
REASONS = {
    "number": _("A number is not in the evidence."),
    "date": _("A date is not in the evidence."),
    "unit": _("A unit differs from the evidence."),
    "name": _("A name is not in the evidence."),
    "negation": _("The evidence says the opposite."),
    "unsupported": _("The evidence does not say this."),
    "no_marker": _("It cites nothing."),
    "bad_marker": _("It cites evidence that was not given."),
    "insufficient_evidence": _("The evidence does not hold the answer."),
    "nothing_found": _("Nothing was found."),
    "nothing_supported": _("No sentence was supported by the evidence."),
    "model_declined": _("The model found no answer in the evidence."),
}
PROBLEMS = {
    "event_altered": _("The event was altered: its hash does not match."),
    "payload_altered": _("The content was altered: its hash does not match."),
    "payload_missing": _("The content is missing."),
    "payload_emptied": _("The content was emptied without an erasure on record."),
    "link_broken": _("It does not follow from the event before it."),
    "gap": _("Events are missing here."),
    "tail_cut": _("What follows was cut off."),
    "tail_added": _("It was not written through the audit."),
    "checkpoint_mismatch": _("It is not the event that was signed."),
    "checkpoint_forged": _("A checkpoint in the file is not signed with this installation's key."),
}
STAGES = (  # name, score, rank: as a hit keeps them
    (_("Keywords (BM25)"), "keyword_score", "keyword_rank"),
    (_("Meaning (dense vectors)"), "dense_score", "dense_rank"),
    (_("Both fused"), "fused_score", "fused_rank"),
    (_("Reranked (late interaction)"), "rerank_score", "rerank_rank"),
    (_("Final"), "score", "rank"),
)
STEPS = {
    "scope": _("Resolving what may be read"),
    "rewrite": _("Rewriting the question"),
    "search": _("Searching"),
    "keyword": _("Keyword search"),
    "dense": _("Dense search"),
    "encode": _("Encoding the question"),
    "fuse": _("Fusing"),
    "rerank": _("Reranking"),
    "sufficiency": _("Judging the evidence"),
    "prompt": _("Writing the prompt"),
    "generate": _("Generating"),
    "verify": _("Verifying"),
    "first_token": _("Until the first word of the model"),
    "first_sentence": _("Until the first sentence was shown"),
    "total": _("In all"),
}
