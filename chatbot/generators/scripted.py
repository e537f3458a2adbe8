"""A generator that says what it was told to say, at the pace it was told: for tests and demos."""

from collections.abc import Callable, Iterator, Sequence

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorFailed
from chatbot.generators import ModelCard, Prompt
from chatbot.generators.streams import Deadline
from knowledge.documents import Language

Script = Callable[[Prompt], Sequence[str]]


class ScriptedGenerator:
    """Yields the pieces of `script`, each after `delay` seconds, at most `max_tokens` of them.

    `script` is a sequence of pieces or a function of the prompt. With `fails_after` n it
    raises `GeneratorFailed` after n pieces. `prompts` are all that it has been asked.
    """

    def __init__(
        self,
        script: Sequence[str] | Script,
        *,
        card: ModelCard | None = None,
        delay: float = 0.0,
        deadline_seconds: float = 20.0,
        fails_after: int | None = None,
    ) -> None:
        self._script = script
        self._card = card or ModelCard("scripted")
        self._delay = delay
        self._deadline_seconds = deadline_seconds
        self._fails_after = fails_after
        self.prompts = list[Prompt]()

    @property
    def name(self) -> str:
        return self._card.name

    @property
    def languages(self) -> frozenset[Language]:
        return self._card.languages

    def stream(self, prompt: Prompt, cancellation: Cancellation) -> Iterator[str]:
        return self._play(prompt, cancellation, Deadline(self._deadline_seconds, cancellation))

    def _play(
        self, prompt: Prompt, cancellation: Cancellation, deadline: Deadline
    ) -> Iterator[str]:
        self.prompts.append(prompt)
        script = self._script(prompt) if callable(self._script) else self._script
        for number, piece in enumerate(script[: prompt.max_tokens]):
            cancellation.wait(min(self._delay, deadline.remaining))
            if cancellation.cancelled:
                return
            deadline.check()
            if number == self._fails_after:
                raise GeneratorFailed(reason=f"as scripted, after {number} pieces")
            yield piece
        if self._fails_after is not None and self._fails_after >= len(script):
            raise GeneratorFailed(reason=f"as scripted, after {len(script)} pieces")
