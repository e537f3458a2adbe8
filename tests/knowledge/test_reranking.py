"""The second look: the order of the model for the best, and nothing lost."""

# transformers is written for models of every kind and leaves its types open.
# pyright: reportUnknownMemberType=false, reportCallIssue=false

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertForSequenceClassification

from knowledge.documents import Passage, Position, Ranked
from knowledge.embedding.loading import load_reranker
from knowledge.errors import EmbedderNotLoaded
from knowledge.reranking import READ_AGAIN, reranked


def ranked(count: int) -> list[Ranked]:
    return [
        Ranked(Passage(f"{n:02}", "d", "", "word " * (n + 1), Position(0, 5)), score=-float(n))
        for n in range(count)
    ]


class Longest:
    """Prefers long texts."""

    def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        assert query == "asked"
        return [float(len(text)) for text in texts]


def test_the_best_are_ordered_anew_and_the_rest_stays_below() -> None:
    before = ranked(READ_AGAIN + 3)
    after = reranked(before, "asked", Longest())
    assert [item.passage.id for item in after[:2]] == [
        f"{READ_AGAIN - 1:02}",
        f"{READ_AGAIN - 2:02}",
    ]
    assert after[READ_AGAIN:] != []
    assert [i.passage.id for i in after[READ_AGAIN:]] == [i.passage.id for i in before[READ_AGAIN:]]
    scores = [item.score for item in after]
    assert scores == sorted(scores, reverse=True)
    assert reranked([], "asked", Longest()) == []


def test_a_cross_encoder_is_opened_from_a_folder(tmp_path: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "refund", "kettle", "within", "days"]
    vocabulary = {word: number for number, word in enumerate(words)}
    BertWordPieceTokenizer(vocabulary).save(str(tmp_path / "tokenizer.json"))
    kind = json.dumps({"tokenizer_class": "BertTokenizerFast", "pad_token": "[PAD]"})
    (tmp_path / "tokenizer_config.json").write_text(kind, "utf-8")
    shape = BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        num_labels=1,
    )
    BertForSequenceClassification(shape).save_pretrained(str(tmp_path))
    reranker = load_reranker(str(tmp_path))
    texts = ["refund within days", "kettle", ""]
    scores = reranker.scores("refund", texts)
    assert len(scores) == 3
    assert reranker.scores("refund", texts[::-1]) == pytest.approx(scores[::-1], abs=1e-4)


def test_what_is_no_cross_encoder_says_so(tmp_path: Path) -> None:
    with pytest.raises(EmbedderNotLoaded):
        load_reranker(str(tmp_path / "nothing"))
