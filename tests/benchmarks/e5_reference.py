"""The embedded E5 as an ordinary float32 model of sentence-transformers: what speed is measured against.

The same weights, unpacked; the same ids, as the tokenizer of `knowledge.embedding.e5` is saved with it.
"""

# torch and transformers leave much untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Regex, Tokenizer, normalizers, processors
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from knowledge.embedding import TextKind, Vectors
from knowledge.embedding.e5 import E5File, Vocabulary

_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class Reference:
    """Embeds as users of sentence-transformers do: its defaults, on the processor."""

    def __init__(self, weights: Path, folder: Path) -> None:
        """The model of the file `weights`; its parts are written to `folder` on the way."""
        self._model = _build(weights, folder)

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        """Unit vectors, `(len(texts), dimension)`."""
        return np.asarray(self._model.encode([f"{kind}: {text}" for text in texts]), np.float32)


def _build(weights: Path, folder: Path) -> SentenceTransformer:
    file = E5File(weights)
    _bert(file).save_pretrained(folder)
    _tokenizer(file.vocabulary, file.shape.window).save_pretrained(folder)
    transformer = Transformer(str(folder), max_seq_length=file.shape.window)
    pooling = Pooling(file.shape.width, pooling_mode="mean")
    return SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu")


def _bert(file: E5File) -> BertModel:
    shape = file.shape
    config = BertConfig(
        vocab_size=shape.words,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.window,
        layer_norm_eps=shape.epsilon,
        pad_token_id=file.vocabulary.pad,
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in _state(file).items()})
    return model.eval()


def _state(file: E5File) -> dict[str, Any]:
    width = file.shape.width
    state: dict[str, Any] = {
        "embeddings.word_embeddings.weight": file.quantised("emb.word", width).weights(),
        "embeddings.position_embeddings.weight": file.floats("emb.pos").reshape(-1, width).copy(),
        "embeddings.token_type_embeddings.weight": file.floats("emb.type").reshape(2, width).copy(),
        "embeddings.LayerNorm.weight": file.floats("emb.ln.w").copy(),
        "embeddings.LayerNorm.bias": file.floats("emb.ln.b").copy(),
    }
    for layer in range(file.shape.layers):
        for short, long in _PARTS.items():
            name, target = f"l{layer}.{short}", f"encoder.layer.{layer}.{long}"
            columns = file.shape.inner if short == "fo" else width
            norm = short.endswith("ln")
            value = (
                file.floats(f"{name}.w").copy()
                if norm
                else file.quantised(f"{name}.w", columns).weights()
            )
            state[f"{target}.weight"] = np.ascontiguousarray(value)
            state[f"{target}.bias"] = file.floats(f"{name}.b").copy()
    return state


def _tokenizer(vocabulary: Vocabulary, window: int) -> PreTrainedTokenizerFast:
    """XLM-RoBERTa's; its table of characters becomes plain replacements where they are common."""
    pieces = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    tokenizer = Tokenizer(Unigram(pieces, unk_id=vocabulary.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    tokenizer.pre_tokenizer = Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", vocabulary.start), ("</s>", vocabulary.end)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        model_max_length=window,
    )
