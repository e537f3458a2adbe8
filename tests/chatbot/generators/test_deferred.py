import threading
import time

import pytest

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorFailed, GeneratorTimeout
from chatbot.generators import Generator, ModelCard, Prompt
from chatbot.generators.deferred import DeferredGenerator
from chatbot.generators.scripted import ScriptedGenerator
from chatbot.messages import Message
from knowledge.errors import ModelFileMissing

PROMPT = Prompt(system="", messages=[Message("user", "Hello?")])
CARD = ModelCard("small")


class _Loading:
    """A load that takes until `release`, and counts."""

    def __init__(self, *, fails: int = 0) -> None:
        self.release = threading.Event()
        self.calls = 0
        self.closed = threading.Event()
        self._fails = fails

    def __call__(self) -> Generator:
        self.calls += 1
        self.release.wait(30)
        if self.calls <= self._fails:
            raise ModelFileMissing(path="model.gguf", model="small")
        generator = ScriptedGenerator(["ready"], card=CARD)
        generator.close = self.closed.set  # pyright: ignore[reportAttributeAccessIssue] -- one that can be closed
        return generator


def _wait_until_loaded(generator: DeferredGenerator) -> None:
    end = time.monotonic() + 10
    while generator.state in ("idle", "loading"):
        assert time.monotonic() < end
        time.sleep(0.005)


def test_nothing_is_loaded_before_it_is_needed() -> None:
    load = _Loading()
    generator = DeferredGenerator(CARD, load, 10)
    assert generator.state == "idle"
    assert generator.name == "small"
    assert load.calls == 0


def test_warming_up_does_not_wait_and_loads_once() -> None:
    load = _Loading()
    generator = DeferredGenerator(CARD, load, 10)
    begin = time.monotonic()
    for _ in range(5):
        generator.warm_up()
    assert time.monotonic() - begin < 1
    assert generator.state == "loading"
    load.release.set()
    assert list(generator.stream(PROMPT, Cancellation())) == ["ready"]
    assert list(generator.stream(PROMPT, Cancellation())) == ["ready"]
    assert generator.state == "ready"
    assert load.calls == 1


def test_the_first_use_loads() -> None:
    load = _Loading()
    load.release.set()
    generator = DeferredGenerator(CARD, load, 10)
    assert list(generator.stream(PROMPT, Cancellation())) == ["ready"]


def test_loading_counts_against_the_deadline() -> None:
    load = _Loading()
    generator = DeferredGenerator(CARD, load, 0.2)
    begin = time.monotonic()
    with pytest.raises(GeneratorTimeout):
        list(generator.stream(PROMPT, Cancellation()))
    assert 0.1 < time.monotonic() - begin < 1.2
    load.release.set()
    _wait_until_loaded(generator)
    assert list(generator.stream(PROMPT, Cancellation())) == ["ready"]


def test_who_waits_for_the_loading_may_leave() -> None:
    load = _Loading()
    generator = DeferredGenerator(CARD, load, 30)
    cancellation = Cancellation()
    threading.Timer(0.05, cancellation.cancel).start()
    begin = time.monotonic()
    assert list(generator.stream(PROMPT, cancellation)) == []
    assert time.monotonic() - begin < 1
    load.release.set()


def test_a_failed_load_is_told_to_each_and_tried_again_later() -> None:
    load = _Loading(fails=1)
    load.release.set()
    generator = DeferredGenerator(CARD, load, 10, retry_seconds=0.3)
    for _ in range(3):
        with pytest.raises(GeneratorFailed, match="models pull small") as caught:
            list(generator.stream(PROMPT, Cancellation()))
        assert isinstance(caught.value.__cause__, ModelFileMissing)
    assert generator.state == "failed"
    assert load.calls == 1

    time.sleep(0.35)
    assert list(generator.stream(PROMPT, Cancellation())) == ["ready"]
    assert load.calls == 2


def test_closing_closes_what_was_loaded() -> None:
    load = _Loading()
    load.release.set()
    generator = DeferredGenerator(CARD, load, 10)
    list(generator.stream(PROMPT, Cancellation()))
    generator.close()
    assert load.closed.is_set()


def test_closing_while_loading_closes_what_comes() -> None:
    load = _Loading()
    generator = DeferredGenerator(CARD, load, 10)
    generator.warm_up()
    generator.close()
    load.release.set()
    assert load.closed.wait(10)
