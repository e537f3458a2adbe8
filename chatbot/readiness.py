"""Whether everything that answers need is there."""

from typing import Protocol


class _Progress(Protocol):
    @property
    def is_finished(self) -> bool: ...


class _Library(Protocol):
    def progress(self) -> _Progress: ...


class _Generator(Protocol):
    @property
    def state(self) -> str: ...


class Readiness:
    """Names what a start still waits for.

    Documents that come later do not undo it: a server at work stays ready.
    """

    def __init__(self, library: _Library, generator: _Generator | None) -> None:
        self._library = library
        self._generator = generator
        self._indexed = False

    def __call__(self) -> list[str]:
        """What is missing; empty when ready."""
        missing: list[str] = []
        if self._generator is not None and self._generator.state != "ready":
            missing.append(f"language model ({self._generator.state})")
        self._indexed = self._indexed or self._library.progress().is_finished
        if not self._indexed:
            missing.append("index (documents are being taken in)")
        return missing
