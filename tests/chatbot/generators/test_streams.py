import threading
import time
from typing import Any

import pytest

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorBusy, GeneratorFailed, GeneratorTimeout
from chatbot.generators.streams import MOST_ABANDONED, Deadline, Pieces, Workers


def _read(
    pieces: Pieces, cancellation: Cancellation | None = None, seconds: float = 10
) -> list[str]:
    cancellation = cancellation or Cancellation()
    return list(pieces.read(cancellation, Deadline(seconds, cancellation)))


def _wait(release: threading.Event) -> None:
    release.wait(30)


def test_the_text_arrives_in_order_without_empty_pieces() -> None:
    def produce(pieces: Pieces) -> None:
        for piece in ["one ", "", "two ", "three"]:
            pieces.put(piece)

    assert _read(Workers("test").start(produce)) == ["one ", "two ", "three"]


def test_what_the_engine_raises_reaches_the_reader_with_its_cause() -> None:
    def produce(pieces: Pieces) -> None:
        pieces.put("one ")
        raise ZeroDivisionError("by zero")

    stream = (
        Workers("test")
        .start(produce)
        .read(cancellation := Cancellation(), Deadline(10, cancellation))
    )
    assert next(stream) == "one "
    with pytest.raises(GeneratorFailed, match="ZeroDivisionError: by zero") as caught:
        next(stream)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_an_error_for_a_person_stays_as_it_is() -> None:
    def produce(pieces: Pieces) -> None:
        raise GeneratorBusy(waiting=3)

    with pytest.raises(GeneratorBusy):
        _read(Workers("test").start(produce))


def test_a_hanging_engine_does_not_hang_the_reader() -> None:
    release = threading.Event()
    workers = Workers("test")
    pieces = workers.start(lambda _: _wait(release))
    begin = time.monotonic()
    with pytest.raises(GeneratorTimeout):
        _read(pieces, seconds=0.2)
    assert time.monotonic() - begin < 1.2

    begin = time.monotonic()
    assert workers.close(seconds=0.1) is False
    assert time.monotonic() - begin < 1.1
    release.set()


def test_a_hanging_engine_is_not_given_ever_more_work() -> None:
    release = threading.Event()
    workers = Workers("test")
    for _ in range(MOST_ABANDONED + 1):
        with pytest.raises(GeneratorTimeout):
            _read(workers.start(lambda _: _wait(release)), seconds=0.01)
    with pytest.raises(GeneratorFailed, match="do not end"):
        workers.start(lambda pieces: pieces.put("never"))

    release.set()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            assert _read(workers.start(lambda pieces: pieces.put("back"))) == ["back"]
        except GeneratorFailed:
            time.sleep(0.02)
        else:
            return
    pytest.fail("the engine recovered and is still refused")


def test_leaving_in_any_way_stops_the_engine() -> None:
    def produce(pieces: Pieces) -> None:
        while not pieces.stopped:
            pieces.put("more ")
            time.sleep(0.001)

    workers = Workers("test")
    cancellation = Cancellation()
    closed = workers.start(produce)
    stream: Any = closed.read(cancellation, Deadline(10, cancellation))
    next(stream)
    stream.close()

    late = workers.start(produce)
    with pytest.raises(GeneratorTimeout):
        _read(late, seconds=0.05)

    left = workers.start(produce)
    for _ in left.read(cancellation, Deadline(10, cancellation)):
        cancellation.cancel()

    assert closed.stopped
    assert late.stopped
    assert left.stopped
    assert workers.close()


def test_closed_workers_take_nothing() -> None:
    workers = Workers("test")
    assert workers.close()
    with pytest.raises(GeneratorFailed, match="closed"):
        workers.start(lambda pieces: pieces.put("never"))


def test_the_nearer_deadline_counts() -> None:
    assert Deadline(5, Cancellation(seconds=60)).seconds == 5
    assert Deadline(60, Cancellation(seconds=5)).seconds == pytest.approx(5, abs=0.1)
    assert Deadline(5, Cancellation()).remaining == pytest.approx(5, abs=0.1)
