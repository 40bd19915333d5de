"""The second step of an answer: search, and gather the evidence from what was found."""

from dataclasses import replace

from chat.errors import SearchFailed
from chat.flow.asked import Asked
from chat.flow.dependencies import AnswerDependencies
from chat.flow.evidence import gather_evidence
from chat.flow.refusing.guarding import guard_evidence
from chat.flow.rights import reader_of
from chat.flow.steps import Found, Rewritten
from chat.flow.trace import AnswerTrace
from gateway.threads import run_in_thread
from retrieval.errors import RetrievalError


async def find(rewritten: Rewritten, *, asked: Asked, dependencies: AnswerDependencies, trace: AnswerTrace) -> Found:
    """Return what was found, with its evidence; none where nothing was found. Raises: SearchFailed, AccessEnded."""
    try:
        with trace.timed("search"):
            found = trace.keep(await run_in_thread(_search)(rewritten, asked, dependencies))
    except (RetrievalError, OSError) as error:
        raise SearchFailed(str(error)) from error
    with trace.timed("evidence"):
        gathered = await run_in_thread(_gather)(found, asked)
        return trace.keep(await guard_evidence(gathered, trace=trace, compare=dependencies.compare_questions))


def _search(rewritten: Rewritten, asked: Asked, dependencies: AnswerDependencies) -> Found:
    """The reader is asked for here, not before: a question may have waited in the admission queue."""
    config, narrowed = dependencies.search_config, {"within": asked.within} if asked.within else {}
    reader = reader_of(asked.credential)
    search = dependencies.search(rewritten.text, user=reader, collection=asked.collection, config=config, **narrowed)
    return Found(search=search, config=config)


def _gather(found: Found, asked: Asked) -> Found:
    return replace(found, evidence=gather_evidence(found.search.passages, user=reader_of(asked.credential)))
