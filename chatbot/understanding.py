"""What a message is about: language, intent, entities, sentiment, and what it leans on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatbot.guard import looks_like_injection
from chatbot.recognising import IntentRecogniser
from knowledge.documents import Language
from knowledge.entities import Entity, find_entities
from knowledge.followups import is_follow_up
from knowledge.intents import IntentGuess
from knowledge.language import detect_language
from knowledge.pools import Query
from knowledge.retrieval import contextual
from knowledge.sentiment import Sentiment, sentiment


@dataclass(frozen=True, slots=True)
class Understood:
    """A message as the later stages see it. `query` stands on its own; `text` is as typed."""

    text: str
    query: Query
    language: Language
    intent: IntentGuess
    entities: tuple[Entity, ...]
    sentiment: Sentiment
    follow_up: bool
    suspicious: bool


class Understanding:
    """Understands messages."""

    def __init__(self, recogniser: IntentRecogniser) -> None:
        self._recogniser = recogniser

    def read(
        self,
        text: str,
        *,
        history: Sequence[str],
        answered: str = "",
        language: Language,
        examples: Mapping[str, Sequence[str]],
    ) -> Understood:
        """`history` is what the visitor said before, `answered` what they heard last.

        `examples` are those of the rules in force.
        """
        return Understood(
            text=text,
            query=contextual(text, history, answered),
            language=detect_language(text, language),
            intent=self._recogniser.guess(text, examples),
            entities=tuple(find_entities(text)),
            sentiment=sentiment(text),
            follow_up=bool(history) and is_follow_up(text),
            suspicious=looks_like_injection(text),
        )
