"""What the engines inside this process share: each generation runs in a thread of its own."""

from collections.abc import Iterator

from chatbot.cancellation import Cancellation
from chatbot.generators import EngineLimits, ModelCard, Prompt
from chatbot.generators.streams import Deadline, Pieces, Workers
from knowledge.documents import Language


class ThreadedGenerator:
    """A `Generator` whose engine hands its text to `Pieces`; an engine adds `_generate` and `_free`."""

    def __init__(self, card: ModelCard, limits: EngineLimits, workers: str) -> None:
        self._card = card
        self._limits = limits
        self._workers = Workers(workers)

    @property
    def name(self) -> str:
        return self._card.name

    @property
    def languages(self) -> frozenset[Language]:
        return self._card.languages

    def stream(self, prompt: Prompt, cancellation: Cancellation) -> Iterator[str]:
        deadline = Deadline(self._limits.deadline_seconds, cancellation)
        return self._stream(prompt, cancellation, deadline)

    def close(self) -> None:
        """Stop every generation and free the model; a hung engine is left behind."""
        if self._workers.close():
            self._free()

    def _stream(
        self, prompt: Prompt, cancellation: Cancellation, deadline: Deadline
    ) -> Iterator[str]:
        pieces = self._workers.start(lambda pieces: self._generate(prompt, pieces))
        yield from pieces.read(cancellation, deadline)

    def _generate(self, prompt: Prompt, pieces: Pieces) -> None:
        """Put the text into `pieces`; runs in the generation's thread."""
        raise NotImplementedError

    def _free(self) -> None:
        """Let go of the model."""
        raise NotImplementedError
