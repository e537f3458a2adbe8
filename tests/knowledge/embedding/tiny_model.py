"""A real sentence-transformers model, too small to have learnt anything."""

# sentence-transformers and transformers are written for models of every kind and leave their types open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import json
from pathlib import Path

from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel

WIDTH = 32


def save_tiny_model(folder: Path, *, safetensors: bool = True) -> None:
    """Write a model of `WIDTH` dimensions with random weights into `folder`."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = [*marks, *letters, *(f"##{letter}" for letter in letters), *"退货款您申请订单"]
    source = folder / "source"
    source.mkdir(parents=True)
    vocabulary = {word: index for index, word in enumerate(words)}
    BertWordPieceTokenizer(vocabulary).save(str(source / "tokenizer.json"))
    (source / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizerFast", "pad_token": "[PAD]"}), encoding="utf-8"
    )
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(source)
    encoder = Transformer(str(source), max_seq_length=128)
    model = SentenceTransformer(modules=[encoder, Pooling(WIDTH)])
    model.save(str(folder), safe_serialization=safetensors, create_model_card=False)
