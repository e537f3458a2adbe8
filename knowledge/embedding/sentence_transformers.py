"""Any embedding model that sentence-transformers can open: a folder, or a repository on the hub."""

# sentence-transformers annotates its inputs with types of its own and of packages not installed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import CrossEncoder, SentenceTransformer

from knowledge.embedding import TextKind, Vectors
from knowledge.errors import EmbedderNotLoaded

# Rows of one forward pass; sentence-transformers sorts them by length.
BATCH_ROWS = 16
# A part of every fingerprint: changes when the same model would give other vectors.
PROCESSING = "1"


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What stands before a query and before a passage, as the model was trained."""

    query: str = ""
    passage: str = ""


E5_PREFIXES = Prefixes("query: ", "passage: ")


class SentenceTransformersEmbedder:
    """An embedder around a sentence-transformers model.

    Weights are read from safetensors only, and code that comes with a model never runs.
    `prefixes` None: the prompts that the model brings, or those of the E5 family for a model that
    is called so. `threads` sets torch's threads for the whole process.
    """

    def __init__(
        self, model: str, *, threads: int | None = None, prefixes: Prefixes | None = None
    ) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(
                model, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
            reason = str(error).strip().split("\n")[0].rstrip(".")
            raise EmbedderNotLoaded(model=model, reason=reason) from error
        self._prefixes = prefixes or _prefixes_of(model, self._model)
        self._fingerprint = _fingerprint(self._model, self._prefixes)
        self._dimension = len(self._model.encode("", show_progress_bar=False))
        # Its tokenizer keeps the state of a call in itself.
        self._one_at_a_time = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """12 hex digits that change with the weights, the modules and the prefixes."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        """Vectors of `texts`, shape `(len(texts), dimension)`, float32, unit length. Thread-safe."""
        if not texts:
            return np.empty((0, self._dimension), np.float32)
        prefix = self._prefixes.query if kind == "query" else self._prefixes.passage
        # A lone surrogate, which damaged input can hold, has no UTF-8 form: it becomes "?".
        whole = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        with self._one_at_a_time:
            vectors = self._model.encode(
                whole,
                prompt=prefix,
                batch_size=BATCH_ROWS,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, np.float32)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as a passage, prefix and markers included."""
        with self._one_at_a_time:
            return len(self._model.tokenizer(self._prefixes.passage + text)["input_ids"])


class CrossEncoderReranker:
    """A `Reranker` around a cross-encoder that sentence-transformers can open: a folder or a hub id.

    As for embedders, only safetensors are read and no code of the model runs.
    """

    def __init__(self, model: str) -> None:
        """Raises `EmbedderNotLoaded`."""
        try:
            self._model = CrossEncoder(
                model, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
            reason = str(error).strip().split("\n")[0].rstrip(".")
            raise EmbedderNotLoaded(model=model, reason=reason) from error
        self._one_at_a_time = threading.Lock()

    def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """As `Reranker.scores`."""
        pairs = [(query, text) for text in texts]
        with self._one_at_a_time:
            found = self._model.predict(pairs, batch_size=BATCH_ROWS, show_progress_bar=False)
        return [float(score) for score in found]


def _prefixes_of(name: str, model: SentenceTransformer) -> Prefixes:
    query = model.prompts.get("query") or ""
    passage = model.prompts.get("document") or model.prompts.get("passage") or ""
    if not query and not passage and "e5-" in Path(name).name.lower():
        return E5_PREFIXES
    return Prefixes(query, passage)


def _fingerprint(model: SentenceTransformer, prefixes: Prefixes) -> str:
    digest = hashlib.sha256(f"{PROCESSING} {prefixes} {model.max_seq_length} {model}".encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:12]
