"""What `manage.py evaluate` finds, as the contract's JSON and as a table."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from tqdm import tqdm

from accounts.models import User
from chat.flow.running import ask
from evals.datasets import BadDataset, Question, read_entries, read_questions
from evals.evaluation.answers import measure_answers
from evals.evaluation.indexing import NAME, index_entries, make_collection
from evals.evaluation.ranking import STAGES, WITHOUT, Figures, measure_latency, measure_stages
from evals.evaluation.vocabulary import measure_vocabulary, rename
from kb.index.engine import Engine, get_engine
from kb.index.search import search_passages
from kb.models import Chunk, Collection, Document
from retrieval.types import SearchConfig

KEPT = "evaluation.json"  # in the data folder: what it holds, written when all of it is indexed
ANSWER_FIGURES = (
    "answered_rate",
    "refused_rate_unanswerable",
    "false_refusal_rate",
    "auroc",
    "contains_gold",
    "citation_precision",
    "supported_sentence_rate",
)


def evaluate_folder(folder: Path, *, limit: int | None, with_answers: bool, with_vocabulary: bool = False) -> dict[str, Any]:
    """Index the folder into this process's installation, empty or kept from an earlier evaluation, and measure.

    Raises: BadDataset.
    """
    questions = spread(read_questions(folder), limit)
    engine = get_engine()
    collection, user, names = open_index(folder, engine)
    engine.warm_up()

    def search(text: str, config: SearchConfig) -> list[tuple[str, int]]:
        found = search_passages(text, user=user, collection=collection, config=config)
        return [(names[passage.chunk.version.document_id], passage.chunk.page.number) for passage in found.passages]

    judged = [question for question in questions if question.relevant]
    with tqdm(total=len(judged), desc="questions") as bar:
        ablation = measure_stages(judged, search, STAGES | WITHOUT, progress=bar.update)
    report: dict[str, Any] = {
        "dataset": folder.name,
        "queries": len(questions),
        "documents": len(names),
        "retrieval": ablation["reranked"],
        "ablation": ablation,
        "latency_ms": measure_latency(judged, search),
        "answers": dict.fromkeys(ANSWER_FIGURES),
    }
    if with_vocabulary:
        cases = rename(judged, Chunk.objects.values_list("text", flat=True))
        with tqdm(total=len(cases), desc="made-up words") as bar:
            report["vocabulary"] = {"queries": len(cases), "figures": measure_vocabulary(cases, search, progress=bar.update)}
    if with_answers:
        uids = {str(document.uid): names[document.pk] for document in Document.objects.filter(pk__in=names)}
        with tqdm(total=len(questions), desc="answers") as bar:
            report["answers"] = measure_answers(
                questions, lambda text: ask(text, user=user, collection=collection), names=uids, progress=bar.update
            )
    return report


def open_index(folder: Path, engine: Engine) -> tuple[Collection, User, dict[int, str]]:
    """Return the collection, its reader, and the set's id of each document's primary key; index what is not yet there."""
    kept = settings.ATTEST_HOME / KEPT
    if kept.exists():
        state = json.loads(kept.read_text(encoding="utf-8"))
        if (state["folder"], state["encoder"]) != (str(folder.resolve()), engine.embedder.fingerprint):
            raise BadDataset(
                f"{kept.parent} keeps {state['folder']} embedded by {state['encoder']}; name another folder or remove it."
            )
        names = {int(key): name for key, name in state["names"].items()}
        return Collection.objects.get(name=NAME), User.objects.get(username=NAME.lower()), names
    if Collection.objects.exists():
        raise BadDataset(f"{kept.parent} holds data that is not a finished evaluation; name another folder or remove it.")
    entries = list(read_entries(folder))
    collection, user = make_collection()
    with tqdm(total=len(entries), desc="documents", unit="doc") as bar:
        names = index_entries(entries, collection=collection, user=user, engine=engine, progress=bar.update)
    state = {"folder": str(folder.resolve()), "encoder": engine.embedder.fingerprint, "names": names}
    kept.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    return collection, user, names


def spread(questions: Sequence[Question], limit: int | None) -> list[Question]:
    """Return at most `limit` questions, evenly from the whole set: its parts are often in blocks."""
    if not limit or limit >= len(questions):
        return list(questions)
    return [questions[index * len(questions) // limit] for index in range(limit)]


def as_table(report: dict[str, Any]) -> str:
    """Return the report for a terminal."""
    columns = ("ndcg@10", "hit@1", "hit@5", "recall@10", "recall@100", "page_hit@5", "page_hit@10")
    lines = [f"{report['dataset']}: {report['documents']} documents, {report['queries']} questions"]
    lines += [f"{'':26}" + "".join(f"{column:>12}" for column in columns), *_rows(report["ablation"], columns)]
    if vocabulary := report.get("vocabulary"):
        lines += [f"{vocabulary['queries']} questions with a made-up word for a name", *_rows(vocabulary["figures"], columns)]
    latency = report["latency_ms"]
    lines.append(f"latency p50 {latency['p50']} ms, p95 {latency['p95']} ms")
    lines.extend(f"{name:26}{_figure(value):>8}" for name, value in report["answers"].items() if value is not None)
    return "\n".join(lines)


def _rows(figures: dict[str, Figures], columns: Sequence[str]) -> list[str]:
    return [f"{name:26}" + "".join(f"{_figure(row.get(column)):>12}" for column in columns) for name, row in figures.items()]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
