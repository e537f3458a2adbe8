"""The vectors of ways to ask: computed in the background, kept for the next start.

The file is derived: without it, or with that of another model, all are computed anew.
"""

import logging
import os
import threading
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from knowledge.documents import Language
from knowledge.embedding import Embedder, Vectors
from knowledge.language import detect_language

_log = logging.getLogger(__name__)

# A question may have to wait for one batch: about a tenth of a second.
_AT_ONCE: Final = 8
_KEY_BYTES: Final = 16

# Questions about anything: their mean is what a language adds to all of its questions alike.
_ANYTHING: Final = {
    Language.ENGLISH: (
        "What is the weather like tomorrow?",
        "How do I cook rice?",
        "Who won the match last night?",
        "How tall is the Eiffel Tower?",
        "Can you recommend a film?",
        "Where can I buy a train ticket?",
        "How much does a car cost?",
        "When does school begin?",
        "Is it safe to swim here?",
        "How long does it take to learn the piano?",
        "Why is the sky blue?",
        "Do I need a passport?",
    ),
    Language.CHINESE: (
        "明天天气怎么样？",
        "米饭怎么煮？",
        "昨晚的比赛谁赢了？",
        "长城有多长？",
        "有什么好看的电影推荐吗？",
        "火车票在哪里买？",
        "一辆汽车多少钱？",
        "学校什么时候开学？",
        "这里可以游泳吗？",
        "学钢琴要多久？",
        "天空为什么是蓝色的？",
        "需要带护照吗？",
    ),
}

Vector = NDArray[np.float32]
Key = bytes


class QuestionVectors:
    """Centred unit vectors of questions, as `embedder` makes them of queries. Thread-safe.

    Centred: without the mean of its language's questions, so that a limit means about the same
    with any model.
    """

    def __init__(self, embedder: Embedder, file: Path) -> None:
        """`file` is where the vectors wait for the next start."""
        self._embedder = embedder
        self._file = file
        self._lock = threading.Lock()
        self._computing = threading.Lock()  # one at a time writes the file
        self._means: Mapping[Language, Vector] | None = None
        self._known: dict[Key, Vector] | None = None

    def of(self, question: str) -> Vector:
        """The vector of what was just asked, shape `(dimension,)`."""
        return self._centred([question], self._embedder.embed([question], "query"))[0]

    def known(self, questions: Iterable[str]) -> dict[str, Vector]:
        """The vectors of those that were computed already."""
        known = self._all()
        found = ((question, known.get(_key(question))) for question in questions)
        return {question: vector for question, vector in found if vector is not None}

    def compute(self, questions: Iterable[str], stopping: threading.Event) -> bool:
        """Compute the vectors of these that are missing and forget all others; whether all are in."""
        with self._computing:
            return self._computed(list(dict.fromkeys(questions)), stopping)

    def _computed(self, wanted: list[str], stopping: threading.Event) -> bool:
        known = self._all()
        missing = [question for question in wanted if _key(question) not in known]
        keys = {_key(question) for question in wanted}
        if not missing and keys == known.keys():
            return True
        new = {key: vector for key, vector in known.items() if key in keys}
        for start in range(0, len(missing), _AT_ONCE):
            if stopping.is_set():
                break
            some = missing[start : start + _AT_ONCE]
            vectors = self._centred(some, self._embedder.embed(some, "query"))
            new |= {_key(question): row for question, row in zip(some, vectors, strict=True)}
        with self._lock:
            self._known = new
        self._save(new)
        return len(new) == len(keys)

    def _centred(self, questions: list[str], vectors: Vectors) -> Vectors:
        means = self._language_means()
        left = vectors - np.stack([means[detect_language(question)] for question in questions])
        length = np.linalg.norm(left, axis=1, keepdims=True)
        return left / np.maximum(length, np.float32(1e-9))

    def _language_means(self) -> Mapping[Language, Vector]:
        if self._means is None:
            self._means = {
                language: self._embedder.embed(some, "query").mean(axis=0)
                for language, some in _ANYTHING.items()
            }
        return self._means

    def _all(self) -> dict[Key, Vector]:
        with self._lock:
            if self._known is None:
                self._known = self._loaded()
            return self._known

    def _loaded(self) -> dict[Key, Vector]:
        try:
            with np.load(self._file, allow_pickle=False) as stored:
                if str(stored["model"]) != self._model:
                    return {}
                vectors = stored["vectors"].astype(np.float32)
                return dict(zip((bytes(k) for k in stored["keys"]), vectors, strict=True))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            _log.warning("vectors of curated questions are computed anew: %s", error)
            return {}

    def _save(self, known: Mapping[Key, Vector]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        arriving = self._file.with_suffix(".arriving")
        dimension = self._embedder.dimension
        with arriving.open("wb") as file:
            np.savez(
                file,
                model=np.array(self._model),
                keys=np.frombuffer(b"".join(known), np.uint8).reshape(-1, _KEY_BYTES),
                vectors=np.array(list(known.values()), np.float32).reshape(-1, dimension),
            )
            file.flush()
            os.fsync(file.fileno())
        arriving.replace(self._file)

    @property
    def _model(self) -> str:
        anything = "\n".join(text for some in _ANYTHING.values() for text in some)
        return (
            f"{self._embedder.fingerprint} {blake2b(anything.encode(), digest_size=6).hexdigest()}"
        )


def _key(question: str) -> Key:
    return blake2b(question.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()
