import threading
import time
from collections.abc import Callable, Iterator

import pytest

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorBusy, GeneratorFailed, GeneratorTimeout
from chatbot.generators import Prompt
from chatbot.generators.queue import BoundedGenerator
from chatbot.generators.scripted import ScriptedGenerator
from chatbot.messages import Message


def _prompt(text: str = "Hello?") -> Prompt:
    return Prompt(system="", messages=[Message("user", text)], max_tokens=1000)


def _endless(delay: float = 0.01) -> ScriptedGenerator:
    return ScriptedGenerator(["."] * 1000, delay=delay)


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not come true within 10 s"
        time.sleep(0.005)


class _Visitor:
    """Someone who asks in a thread and leaves by `cancellation`."""

    def __init__(self, generator: BoundedGenerator, text: str = "Hello?") -> None:
        self.cancellation = Cancellation()
        self.pieces = list[str]()
        self.error: Exception | None = None
        self._stream = generator.stream(_prompt(text), self.cancellation)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def leave(self) -> None:
        self.cancellation.cancel()
        self._thread.join(10)
        assert self.done

    def _read(self) -> None:
        try:
            for piece in self._stream:
                self.pieces.append(piece)
        except Exception as error:
            self.error = error


@pytest.fixture
def started() -> Iterator[list[_Visitor]]:
    visitors = list[_Visitor]()
    yield visitors
    for visitor in visitors:
        visitor.leave()


def test_a_full_line_refuses_at_once(started: list[_Visitor]) -> None:
    bounded = BoundedGenerator(_endless(), queue_size=2, deadline_seconds=30)
    started.append(_Visitor(bounded))
    _wait_until(lambda: bool(started[0].pieces))
    started += [_Visitor(bounded), _Visitor(bounded)]
    _wait_until(lambda: bounded.waiting == 2)

    begin = time.monotonic()
    with pytest.raises(GeneratorBusy, match="2 waiting"):
        list(bounded.stream(_prompt(), Cancellation()))
    assert time.monotonic() - begin < 0.5


def test_first_come_first_served(started: list[_Visitor]) -> None:
    inner = _endless()
    bounded = BoundedGenerator(inner, queue_size=8, deadline_seconds=30)
    for number in range(6):
        started.append(_Visitor(bounded, f"visitor {number}"))
        _wait_until(lambda: len(inner.prompts) == 1 and bounded.waiting == len(started) - 1)
    for visitor in started:
        _wait_until(lambda: bool(visitor.pieces))  # noqa: B023 -- waited for within the loop
        visitor.leave()
    assert [prompt.messages[0].text for prompt in inner.prompts] == [
        f"visitor {number}" for number in range(6)
    ]


def test_only_one_runs_at_a_time() -> None:
    most, running, lock = 0, 0, threading.Lock()

    class Counting:
        name = "counting"
        languages = ScriptedGenerator([]).languages

        def stream(self, prompt: Prompt, cancellation: Cancellation) -> Iterator[str]:
            nonlocal most, running
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            yield "."
            with lock:
                running -= 1

    bounded = BoundedGenerator(Counting(), queue_size=10, deadline_seconds=30)
    visitors = [_Visitor(bounded) for _ in range(8)]
    _wait_until(lambda: all(visitor.done for visitor in visitors))
    assert most == 1
    assert all(visitor.pieces == ["."] for visitor in visitors)

    most = 0
    three = BoundedGenerator(Counting(), queue_size=10, deadline_seconds=30, at_once=3)
    visitors = [_Visitor(three) for _ in range(8)]
    _wait_until(lambda: all(visitor.done for visitor in visitors))
    assert 2 <= most <= 3


def test_waiting_counts_against_the_deadline(started: list[_Visitor]) -> None:
    bounded = BoundedGenerator(_endless(), queue_size=2, deadline_seconds=30)
    started.append(_Visitor(bounded))
    _wait_until(lambda: bool(started[0].pieces))
    begin = time.monotonic()
    with pytest.raises(GeneratorTimeout):
        list(bounded.stream(_prompt(), Cancellation(seconds=0.3)))
    assert 0.2 < time.monotonic() - begin < 1.3
    assert bounded.waiting == 0


def test_what_was_waited_is_missing_later() -> None:
    inner = ScriptedGenerator(["."] * 1000, delay=0.01, deadline_seconds=30)
    bounded = BoundedGenerator(inner, queue_size=2, deadline_seconds=0.8)
    first = _Visitor(bounded)
    _wait_until(lambda: bool(first.pieces))
    second = _Visitor(bounded)
    _wait_until(lambda: bounded.waiting == 1)
    begin = time.monotonic()
    time.sleep(0.4)
    first.leave()
    _wait_until(lambda: second.done)
    assert second.pieces
    assert isinstance(second.error, GeneratorTimeout)
    assert second.error.details["seconds"] == 0.8
    assert time.monotonic() - begin < 1.5


def test_who_leaves_the_line_makes_room(started: list[_Visitor]) -> None:
    bounded = BoundedGenerator(_endless(), queue_size=1, deadline_seconds=30)
    started.append(_Visitor(bounded))
    _wait_until(lambda: bool(started[0].pieces))
    waiting = _Visitor(bounded)
    _wait_until(lambda: bounded.waiting == 1)
    waiting.leave()
    assert waiting.pieces == []
    assert waiting.error is None
    assert bounded.waiting == 0
    started.append(_Visitor(bounded))
    _wait_until(lambda: bounded.waiting == 1)


def test_a_failure_frees_the_place() -> None:
    bounded = BoundedGenerator(
        ScriptedGenerator(["a", "b"], fails_after=1), queue_size=1, deadline_seconds=30
    )
    for _ in range(3):
        pieces = list[str]()
        with pytest.raises(GeneratorFailed):
            pieces.extend(bounded.stream(_prompt(), Cancellation()))


def test_an_answer_that_nobody_begins_to_read_takes_no_place() -> None:
    bounded = BoundedGenerator(ScriptedGenerator(["a"]), queue_size=0, deadline_seconds=30)
    abandoned = [bounded.stream(_prompt(), Cancellation()) for _ in range(5)]
    assert list(bounded.stream(_prompt(), Cancellation())) == ["a"]
    assert len(abandoned) == 5


def test_200_cancelled_generations_leave_nothing_behind() -> None:
    bounded = BoundedGenerator(_endless(delay=0.001), queue_size=300, deadline_seconds=60)
    before = threading.active_count()
    for round_number in range(10):
        visitors = [_Visitor(bounded) for _ in range(20)]
        _wait_until(lambda: any(visitor.pieces for visitor in visitors))  # noqa: B023 -- likewise
        order = visitors if round_number % 2 else visitors[::-1]
        for visitor in order:
            visitor.leave()
    assert threading.active_count() == before
    assert bounded.waiting == 0
    assert len(list(bounded.stream(_prompt(), Cancellation()))) == 1000
