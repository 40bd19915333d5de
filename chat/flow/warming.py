"""Warm up everything that a first question needs, except the audit and served models."""

from accounts.models import User
from chat.flow.dependencies import AnswerDependencies, configured_dependencies
from chat.flow.evidence import gather_evidence
from chat.flow.rewriting.spelling import load_words
from chat.flow.writing.extractive import extract
from chat.flow.writing.prompting import DECLINES, load_template
from chat.judge.candidates import rank_sentences
from chat.judge.evidence_reading import read_evidence
from chat.judge.sufficiency import assess
from chat.verify import Verifier
from language.names import chinese_names

# One for each language that answers are given in; twice, since TorchScript looks at a first run and prepares itself for the second.
QUESTIONS = ("How many days of leave do I have after five years?", "员工每年有多少天年休假？") * 2


def warm_up_answering(dependencies: AnswerDependencies | None = None) -> int:
    """Answer sample questions from the present documents and discard the answers. Returns: sentences that were verified.

    Raises: retrieval.errors.RetrievalError: the index or the encoder does not answer.
    """
    dependencies = dependencies or configured_dependencies()
    chinese_names("预热")
    load_words()
    for language in DECLINES:
        load_template(language)  # which imports LangChain
    return sum(_answer(question, dependencies=dependencies) for question in QUESTIONS)


def _answer(question: str, *, dependencies: AnswerDependencies) -> int:
    reader = User(username="warm-up", role=User.Role.KNOWLEDGE_ADMIN)  # no row: it reads what there is, and nobody sees it
    found = dependencies.search(question, user=reader, collection=None, config=dependencies.search_config)
    evidence = gather_evidence(found.passages, user=reader)
    if not evidence:
        return 0
    readings = read_evidence(question, evidence, dependencies.read_passages)
    candidates = tuple(rank_sentences(question, evidence, score_stretches=dependencies.score_stretches, readings=readings))
    assess(question, evidence, found.result, candidates=candidates, readings=readings, calibration=dependencies.calibration)
    verifier = Verifier(evidence, score_texts=dependencies.score_texts, second_judge=dependencies.second_judge)
    quotations = extract(question, candidates)
    for quotation in quotations:
        verifier.verify_quotation(quotation)
        verifier.verify(quotation.marked)  # what a served model writes takes this way
    return len(quotations)
