"""The cross-encoder of sentence-transformers, on a model of a few kilobytes that the test makes."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from retrieval.errors import EncoderError
from retrieval.reranking.cross_encoder import CrossEncoderReranker

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "leave", "earned", "parking", "annual", "year"]


def make_model(folder: Path, *, labels: int = 1) -> Path:
    """Write a BERT with random weights: what it scores means nothing, but it is the same each time."""
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ends)
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **special).save_pretrained(folder)
    torch.manual_seed(5)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(  # type: ignore[call-arg]  # transformers takes more than its types say
        vocab_size=len(WORDS), max_position_embeddings=64, num_labels=labels, initializer_range=1.0, **size
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_it_scores_each_passage_with_the_question(tmp_path: Path) -> None:
    reranker = CrossEncoderReranker(make_model(tmp_path / "tiny"))
    texts = ["leave earned year", "parking", "annual leave", "parking"]
    scores = reranker.score("annual leave", texts)
    assert scores[1] == pytest.approx(scores[3], abs=1e-5)
    assert len({round(score, 4) for score in scores if score is not None}) == 3
    assert reranker.score("annual leave", texts[::-1]) == pytest.approx(scores[::-1], abs=1e-5)
    assert reranker.score("parking", texts) != pytest.approx(scores, abs=1e-4)
    assert (reranker.score("annual leave", []), reranker.name) == ([], "tiny")


def test_a_folder_that_holds_no_reranker_is_reported(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="could not be loaded"):
        CrossEncoderReranker(tmp_path / "nowhere").score("a", ["b"])
    with pytest.raises(EncoderError, match="3 labels"):
        CrossEncoderReranker(make_model(tmp_path / "three", labels=3)).score("a", ["b"])
