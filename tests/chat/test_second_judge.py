"""A second judge withholds what its quote does not entail; it fails closed, and the receipt holds what it found."""

from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from accounts.models import User
from audit.models import Event
from chat.flow.question import answer_question
from chat.types import VerdictKind
from chat.verify import Verifier
from chat.verify.second_judge import NliJudge, open_judge
from kb.models import Collection
from tests.chat.library import LEAVE, SIX_HOURS, ScriptedModel, add_document, asked_by, dependencies_with
from tests.chat.test_verify import EVIDENCE, no_meaning

REWORDED = "You can carry over at most 240 hours of annual leave. [1]"
VERBATIM = "You cannot sell leave. [1]"


def judged(text: str, entailment: float) -> tuple[VerdictKind, str, float | None]:
    verdict = Verifier(EVIDENCE, score_texts=no_meaning, second_judge=lambda _claim, _quote: entailment).verify(text).verdict
    return verdict.kind, verdict.reason, verdict.entailment


def test_it_withholds_what_is_not_entailed_and_lets_the_rest_stand() -> None:
    assert judged(REWORDED, 0.9) == (VerdictKind.SUPPORTED, "", 0.9)
    assert judged(REWORDED, 0.1) == (VerdictKind.WITHHELD, "not_entailed", 0.1)
    assert judged(VERBATIM, 0.1) == (VerdictKind.SUPPORTED, "", None)


def test_it_cannot_let_through_what_the_verifier_withheld() -> None:
    assert judged("You can carry over at most 250 hours of annual leave. [1]", 1.0)[0] == VerdictKind.WITHHELD


def test_a_judge_that_fails_withholds() -> None:
    def fail(_claim: str, _quote: str) -> float:
        raise OSError("no model")

    verdict = Verifier(EVIDENCE, score_texts=no_meaning, second_judge=fail).verify(REWORDED).verdict
    assert (verdict.kind, verdict.reason) == (VerdictKind.WITHHELD, "verifier_error")


def make_model(folder: Path, labels: list[str]) -> Path:
    """Save a classifier of two small layers with made-up weights."""
    words = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "you", "can", "leave", "hours"])}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", model_max_length=64
    )
    fast.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64,
        id2label=dict(enumerate(labels)), label2id={label: number for number, label in enumerate(labels)},
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_cross_encoder_in_a_folder_judges(tmp_path: Path) -> None:
    judge = NliJudge(make_model(tmp_path, ["contradiction", "entailment", "neutral"]))
    found = judge("you can leave", "you can leave hours")
    assert 0.0 < found < 1.0
    assert judge("you can leave", "you can leave hours") == found
    with pytest.raises(ValueError, match="no entailment"):
        NliJudge(make_model(tmp_path / "other", ["yes", "no"]))("you can", "you can leave")


def test_no_folder_no_judge() -> None:
    assert open_judge("") is None


def test_the_receipt_reports_what_it_found(employee: User, collection: Collection) -> None:
    add_document(collection, "leave.md", LEAVE)
    said = SIX_HOURS.replace("Employees with three", "According to the document, employees with three")
    dependencies = dependencies_with(ScriptedModel(f"{said} [1]"), second_judge=lambda _claim, _quote: 0.8)
    answer = async_to_sync(answer_question)(asked_by(employee), compose=lambda: dependencies)
    sentences = Event.objects.get(uid=answer.receipt).payload.data["sentences"]
    assert [(one["verdict"], one["entailment"]) for one in sentences] == [("supported", 0.8)]
