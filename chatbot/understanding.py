"""What a message is about: language, intent, entities, sentiment, and what it leans on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatbot.guard import looks_like_injection
from knowledge.documents import Language
from knowledge.embedding import Embedder
from knowledge.entities import Entity, find_entities
from knowledge.followups import is_follow_up
from knowledge.intents import IntentGuess, IntentModel
from knowledge.language import detect_language
from knowledge.retrieval import contextual
from knowledge.sentiment import Sentiment, sentiment


@dataclass(frozen=True, slots=True)
class Understood:
    """A message as the later stages see it. `query` stands on its own; `text` is as typed."""

    text: str
    query: str
    language: Language
    intent: IntentGuess
    entities: tuple[Entity, ...]
    sentiment: Sentiment
    follow_up: bool
    suspicious: bool


class Understanding:
    """Understands messages; keeps the intent model of the rules now in force."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._examples: Mapping[str, Sequence[str]] = {}
        self._model: IntentModel | None = None

    def read(
        self,
        text: str,
        *,
        history: Sequence[str],
        language: Language,
        examples: Mapping[str, Sequence[str]],
    ) -> Understood:
        """`history` is what the visitor said before; `language` counts where the text does not tell."""
        return Understood(
            text=text,
            query=contextual(text, history),
            language=detect_language(text, language),
            intent=self._intent_model(examples).predict(text),
            entities=tuple(find_entities(text)),
            sentiment=sentiment(text),
            follow_up=bool(history) and is_follow_up(text),
            suspicious=looks_like_injection(text),
        )

    def _intent_model(self, examples: Mapping[str, Sequence[str]]) -> IntentModel:
        """Retrained when the rules' examples have changed; two threads may both do it, to no harm."""
        model = self._model
        if model is None or examples != self._examples:
            model = IntentModel.train(examples, self._embedder)
            self._model, self._examples = model, examples
        return model
