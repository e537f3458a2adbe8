"""What a visitor wants, learnt from a handful of examples, or nothing of the kind.

Measured on CLINC150 with multilingual E5 small, 8 to 10 examples an intent, among
utterances of other intents and out-of-scope ones: 20 intents 95% right and 93% of the
foreign ones refused; 60 intents 93% and 86%.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Embedder, Vectors
from knowledge.language import normalise, to_simplified

# What anyone may say to a shop that no shop has an intent for. Sentence embeddings all
# point roughly the same way; taking the mean of these and the examples away leaves what differs.
_BACKGROUND = (
    "What is the weather like tomorrow?",
    "Tell me a joke",
    "Who won the match last night?",
    "How tall is the Eiffel Tower?",
    "Please write a poem about autumn",
    "Can you recommend a film?",
    "My name is Anna and I live in London",
    "How do I cook rice?",
    "What is the capital of France?",
    "I am just looking around",
    "明天天气怎么样？",
    "给我讲个笑话",
    "昨晚的比赛谁赢了？",
    "长城有多长？",
    "请写一首关于秋天的诗",
    "有什么好看的电影推荐吗？",
    "我叫王芳，住在北京",
    "米饭怎么煮？",
    "法国的首都是哪里？",
    "我只是随便看看",
)
# All from 5 draws of 2 to 150 intents of CLINC150 with 5 to 12 examples each.
_REGULARISATION = 20.0  # C; 10 to 100 differ by less than 0.3 points
_PROBABILITY_WEIGHT = 0.3
_LOST_IN_SCOPE = 0.08  # the share of the examples themselves that may be refused
_LOWEST, _USUAL, _HIGHEST = 0.5, 0.55, 0.72  # thresholds; the usual one where examples are too few
_FEW = 12
_MANY = 2000  # above it one fold of five tells enough
_FOLDS = 5
_SPREAD = 0.1  # confidence is 0.5 at the threshold, 0.73 this much above it
_VERSION = "1"
_MAX_CHARACTERS = 500

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IntentGuess:
    """`intent` is None out of scope; then `runner_up` is the least unlikely one.

    `confidence` in [0, 1] is at least 0.5 exactly when there is an intent.
    """

    intent: str | None
    confidence: float
    runner_up: str | None = None


@dataclass(frozen=True, slots=True)
class _Weights:
    """A trained classifier over centred unit vectors. `owners` says whose example each row is."""

    names: tuple[str, ...]
    centre: Vectors
    examples: Vectors
    owners: NDArray[np.int64]
    coefficients: Numbers
    intercepts: Numbers
    centroids: Vectors
    threshold: float

    def scores(self, vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.int64], Numbers]:
        """Best and second intent and the score of the best, for each row."""
        centred = _unit(vectors - self.centre)
        logits = centred @ self.coefficients.T + self.intercepts
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = odds / odds.sum(axis=1, keepdims=True)
        order = np.argsort(-probabilities, axis=1, kind="stable")
        best, second = order[:, 0], order[:, min(1, len(self.names) - 1)]
        rows = np.arange(len(vectors))
        likeness = np.where(self.owners == best[:, None], centred @ self.examples.T, -1.0)
        nearest = likeness.max(axis=1)
        middle = np.einsum("ij,ij->i", centred, self.centroids[best])
        score = (nearest + middle) / 2 + _PROBABILITY_WEIGHT * probabilities[rows, best]
        return best, second, score


class IntentModel:
    """Recognises intents. Thread-safe as far as its embedder is."""

    def __init__(self, weights: _Weights | None, embedder: Embedder) -> None:
        self._weights = weights
        self._embedder = embedder

    @property
    def intents(self) -> tuple[str, ...]:
        return self._weights.names if self._weights else ()

    @classmethod
    def train(
        cls,
        examples: Mapping[str, Sequence[str]],
        embedder: Embedder,
        *,
        out_of_scope: Sequence[str] = (),
        cache: Path | None = None,
    ) -> "IntentModel":
        """Learn from `examples`; any number of intents, also none.

        `out_of_scope` examples, where there are any, set the threshold. With a `cache`
        folder the same examples under the same embedder are learnt only once.
        """
        clean = _clean(examples)
        if not clean:
            return cls(None, embedder)
        path = cache / f"intents-{_key(clean, out_of_scope, embedder)}.npz" if cache else None
        weights = _load(path) if path else None
        if weights is None:
            weights = _train(clean, [_plain(text) for text in out_of_scope], embedder)
            if path:
                _save(path, weights)
        return cls(weights, embedder)

    def predict(self, text: str) -> IntentGuess:
        return self.predict_all([text])[0]

    def predict_all(self, texts: Sequence[str]) -> list[IntentGuess]:
        weights = self._weights
        if weights is None or not texts:
            return [IntentGuess(None, 0.0)] * len(texts)
        vectors = self._embedder.embed([_plain(text) for text in texts], "query")
        found = zip(texts, *weights.scores(vectors), strict=True)
        return [
            _guess(weights, int(best), int(second), float(score))
            if text.strip()
            else IntentGuess(None, 0.0)
            for text, best, second, score in found
        ]


def _guess(weights: _Weights, best: int, second: int, score: float) -> IntentGuess:
    distance = min(max((score - weights.threshold) / _SPREAD, -50.0), 50.0)
    confidence = 1 / (1 + math.exp(-distance))
    if score < weights.threshold:
        return IntentGuess(None, min(confidence, 0.4999), weights.names[best])
    other = weights.names[second] if second != best else None
    return IntentGuess(weights.names[best], max(confidence, 0.5), other)


def _plain(text: str) -> str:
    return to_simplified(normalise(text))[:_MAX_CHARACTERS]


def _clean(examples: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    plain = {
        name: [text for text in dict.fromkeys(map(_plain, texts)) if text]
        for name, texts in sorted(examples.items())
    }
    return {name: texts for name, texts in plain.items() if texts}


def _key(examples: Mapping[str, list[str]], foreign: Sequence[str], embedder: Embedder) -> str:
    content = json.dumps([_VERSION, embedder.fingerprint, examples, list(foreign)])
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def _train(
    examples: Mapping[str, list[str]], foreign: Sequence[str], embedder: Embedder
) -> _Weights:
    names = tuple(examples)
    texts = [text for name in names for text in examples[name]]
    owners = np.array([i for i, name in enumerate(names) for _ in examples[name]], dtype=np.int64)
    vectors = embedder.embed([*texts, *_BACKGROUND, *foreign], "query")
    count = len(texts)
    background = vectors[count : count + len(_BACKGROUND)]
    strange = vectors[count + len(_BACKGROUND) :]
    weights = _fit(names, vectors[:count], owners, background)
    own = _scores_held_out(names, vectors[:count], owners, background)
    threshold = _threshold(own, weights.scores(strange)[2] if len(strange) else None)
    return replace(weights, threshold=threshold)


def _fit(
    names: tuple[str, ...], vectors: Vectors, owners: NDArray[np.int64], background: Vectors
) -> _Weights:
    centre = np.vstack([vectors, background]).mean(axis=0)
    centred = _unit(vectors - centre)
    sums = np.zeros((len(names), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, owners, centred)
    coefficients, intercepts = _regression(centred, owners, len(names))
    return _Weights(
        names=names,
        centre=centre,
        examples=centred,
        owners=owners,
        coefficients=coefficients,
        intercepts=intercepts,
        centroids=_unit(sums),
        threshold=_USUAL,
    )


def _regression(
    vectors: Vectors, owners: NDArray[np.int64], intents: int
) -> tuple[Numbers, Numbers]:
    """Multinomial logistic regression; intents without a vector get no weight."""
    coefficients = np.zeros((intents, vectors.shape[1]))
    # Not minus infinity: the probabilities must stay numbers where only one intent is there.
    intercepts = np.full(intents, -1e6)
    present: NDArray[np.int64] = np.unique(owners)
    if len(present) == 1:
        intercepts[present] = 0.0
        return coefficients, intercepts
    # Imported here: only training needs it, and it takes half a second.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    model: Any = LogisticRegression(C=_REGULARISATION, max_iter=1000, tol=1e-3)
    model.fit(vectors, owners)
    rows, constants = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(present) == 2:  # two classes come as one row
        rows, constants = np.vstack([-rows, rows]) / 2, np.concatenate([-constants, constants]) / 2
    coefficients[present], intercepts[present] = rows, constants
    return coefficients, intercepts


def _scores_held_out(
    names: tuple[str, ...], vectors: Vectors, owners: NDArray[np.int64], background: Vectors
) -> Numbers:
    """How the examples score when the classifier has not seen them; empty if they are too few."""
    if len(vectors) < _FEW:
        return np.zeros(0)
    folds = np.random.default_rng(0).permutation(len(vectors)) % _FOLDS
    scores: list[Numbers] = []
    for fold in range(1 if len(vectors) > _MANY else _FOLDS):
        rest = folds != fold
        weights = _fit(names, vectors[rest], owners[rest], background)
        scores.append(weights.scores(vectors[~rest])[2])
    return np.concatenate(scores)


def _threshold(own: Numbers, foreign: Numbers | None) -> float:
    if foreign is not None and len(foreign) and len(own):
        candidates = np.unique(np.concatenate([own, foreign]))
        kept = np.array([(own >= c).mean() + (foreign < c).mean() for c in candidates])
        return float(candidates[kept.argmax()])
    if not len(own):
        return _USUAL
    return float(np.clip(np.quantile(own, _LOST_IN_SCOPE), _LOWEST, _HIGHEST))


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)


def _save(path: Path, weights: _Weights) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part.npz")
    np.savez(
        temporary,
        allow_pickle=False,
        names=np.array(weights.names),
        centre=weights.centre,
        examples=weights.examples,
        owners=weights.owners,
        coefficients=weights.coefficients,
        intercepts=weights.intercepts,
        centroids=weights.centroids,
        threshold=np.array(weights.threshold),
    )
    temporary.replace(path)


def _load(path: Path) -> _Weights | None:
    """What was saved; None where nothing was or it is damaged (it is learnt again)."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return _Weights(
                names=tuple(str(name) for name in kept["names"]),
                centre=kept["centre"],
                examples=kept["examples"],
                owners=kept["owners"],
                coefficients=kept["coefficients"],
                intercepts=kept["intercepts"],
                centroids=kept["centroids"],
                threshold=float(kept["threshold"]),
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
