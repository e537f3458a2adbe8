"""The embedded multilingual E5, run by onnxruntime: fast on a CPU, English and Chinese."""

# onnxruntime has no type information for its options and its run method.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import cast

import joblib
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from knowledge.embedding import TextKind, Vectors
from knowledge.embedding.e5 import E5File, E5Tokenizer
from knowledge.embedding.e5_graph import INPUT, Arithmetic, build_graph

# Changes whenever the same file would give other vectors: tokens, arithmetic, pooling.
PROCESSING = "1"
# Tokens in one run of the graph. More gains nothing, and a run cannot be interrupted.
RUN_TOKENS = 1024


class OnnxEmbedder:
    """Multilingual E5 small: 384 dimensions, English and Chinese in one space.

    The file is unpacked in memory at each start (about half a second), so that everything that
    runs comes from bytes that were verified. A text longer than the model's window of 512 tokens
    is embedded by its first window; chunks are meant to be shorter.

    Texts of equal length run together, without padding, each on one core, `threads` runs at a
    time: vectors do not depend on the batch, and a query never waits behind an ingestion.
    `threads` None: as many as there are physical cores.
    """

    def __init__(
        self, path: Path, threads: int | None = None, arithmetic: Arithmetic = "int8"
    ) -> None:
        file = E5File(path)
        self._shape = file.shape
        self._tokenizer = E5Tokenizer(file.vocabulary, file.shape.window)
        self._words = file.quantised("emb.word", file.shape.width)
        positions = file.floats("emb.pos").reshape(-1, file.shape.width)
        self._positions = positions + file.floats("emb.type")[: file.shape.width]
        self._session = _open_session(build_graph(file, arithmetic))
        self._fingerprint = _fingerprint(path, arithmetic)
        count = threads or joblib.cpu_count(only_physical_cores=True)
        self._workers = ThreadPoolExecutor(count, thread_name_prefix="embedding")

    @property
    def fingerprint(self) -> str:
        """12 hex digits that change with the weights and with how they are used."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        return self._shape.width

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        """Vectors of `texts`, shape `(len(texts), 384)`, float32, unit length. Thread-safe."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        ids = self._tokenizer.window(texts, kind)
        runs = list(_runs([len(tokens) for tokens in ids]))
        if len(runs) == 1:
            # In the caller's thread: a query does not queue.
            vectors[runs[0]] = self._run([ids[index] for index in runs[0]])
            return vectors
        batches = ([ids[index] for index in run] for run in runs)
        for run, found in zip(runs, self._workers.map(self._run, batches), strict=True):
            vectors[run] = found
        return vectors

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as a passage, prefix and markers included; past 512 they are not read."""
        return self._tokenizer.count(text)

    def _run(self, ids: list[list[int]]) -> Vectors:
        """Vectors of texts that all have the same number of tokens."""
        tokens = np.array(ids, np.int64)
        words = self._words.rows(tokens.reshape(-1)).reshape(*tokens.shape, self.dimension)
        embedded = words + self._positions[: tokens.shape[1]]
        pooled = cast("NDArray[np.float32]", self._session.run(None, {INPUT: embedded})[0])
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)


def _runs(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of texts to run together: equal lengths, at most `RUN_TOKENS` tokens; longest first.

    The longest first, so that no core is left alone with them at the end.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    for length, group in groupby(order, key=lambda index: lengths[index]):
        members = list(group)
        size = max(1, RUN_TOKENS // length)
        yield from (members[start : start + size] for start in range(0, len(members), size))


def _open_session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # Parallel over texts, not within one: no synchronisation, and the same result on any machine.
    options.intra_op_num_threads = 1
    # The extended level merges Add and LayerNormalization into an operator that takes four times
    # as long as the two.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _fingerprint(path: Path, arithmetic: Arithmetic) -> str:
    with path.open("rb") as file:
        weights = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{weights} {arithmetic} {PROCESSING}".encode()).hexdigest()[:12]
