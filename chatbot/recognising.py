"""The intent model of the rules in force, learnt again when their examples change."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from knowledge.embedding import Embedder
from knowledge.intents import IntentGuess, IntentModel
from knowledge.rules.model import RuleSet

Examples = Mapping[str, Sequence[str]]


class IntentRecogniser:
    """Recognises the intents of any set of examples; keeps the model of the last one. Thread-safe."""

    def __init__(self, embedder: Embedder, cache: Path) -> None:
        """`cache` is the folder where trained models wait for the next start."""
        self._embedder = embedder
        self._cache = cache
        self._lock = threading.Lock()
        self._examples: Examples | None = None
        self._model: IntentModel | None = None

    def guess(self, text: str, examples: Examples) -> IntentGuess:
        """What `text` wants, of the intents in `examples`."""
        return self._model_of(examples).predict(text)

    def for_rules(self, rules: RuleSet) -> Callable[[str], IntentGuess]:
        """A recogniser of the intents of `rules`."""
        return self._model_of(rules.intents).predict

    def _model_of(self, examples: Examples) -> IntentModel:
        with self._lock:
            model = self._model
            if model is None or examples is not self._examples:
                model = IntentModel.train(examples, self._embedder, cache=self._cache)
                self._model, self._examples = model, examples
            return model
