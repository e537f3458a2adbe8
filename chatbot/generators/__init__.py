"""Local Transformers and other engines that phrase an answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatbot.cancellation import Cancellation
from chatbot.messages import Message
from knowledge.documents import Language


@dataclass(frozen=True, slots=True)
class Prompt:
    """Chat messages for one generation and how long it may get.

    `system` is the fixed part (kept in the prefix cache); `messages` end with the user's.
    `temperature` 0 is greedy.
    """

    system: str
    messages: Sequence[Message]
    max_tokens: int = 160
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What people call a model and which languages it may be trusted to write."""

    name: str
    languages: frozenset[Language] = frozenset(Language)


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """What one engine may use. `threads` None: as many as the physical cores bear.

    `context_tokens` bounds prompt and answer together; `deadline_seconds` bounds
    one generation, measured from the call of `stream`.
    """

    context_tokens: int = 2048
    threads: int | None = None
    deadline_seconds: float = 20.0


class Generator(Protocol):
    """Phrases an answer, piece by piece."""

    @property
    def name(self) -> str:
        """The model as people know it."""
        ...

    @property
    def languages(self) -> frozenset[Language]:
        """The languages it may be trusted to write."""
        ...

    def stream(self, prompt: Prompt, cancellation: Cancellation) -> Iterator[str]:
        """Text as it is generated. Ends within 1 s of `cancellation`, and when the iterator is closed.

        Raises `GeneratorBusy` when its queue is full, `GeneratorTimeout` past its own
        deadline or that of `cancellation`, `GeneratorFailed` when the engine breaks.
        """
        ...
