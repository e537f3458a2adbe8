"""A sliding window: how often in any stretch of its length."""

from chatbot.throttle import Throttle


class Clock:
    moment = 0.0

    def __call__(self) -> float:
        return self.moment


def test_as_often_as_the_limit_and_then_wait() -> None:
    clock = Clock()
    throttle = Throttle(3, 60, clock)
    for _ in range(3):
        assert throttle.wait("a") == 0
        throttle.count("a")
        clock.moment += 10
    assert throttle.wait("a") == 30  # the first was 30 seconds ago
    assert throttle.wait("b") == 0
    clock.moment += 30
    assert throttle.wait("a") == 0
    throttle.count("a")
    assert throttle.wait("a") == 10
    throttle.forget("a")
    assert throttle.wait("a") == 0


def test_more_than_the_limit_waits_for_the_latest_ones() -> None:
    clock = Clock()
    throttle = Throttle(2, 60, clock)
    for _ in range(5):  # counted without being asked, as by several threads at once
        throttle.count("a")
        clock.moment += 1
    assert throttle.wait("a") == 58


def test_memory_is_bounded_and_the_busy_are_remembered() -> None:
    throttle = Throttle(1, 60, Clock())
    throttle.count("busy")
    for number in range(Throttle.CAPACITY - 1):
        throttle.count(f"address {number}")
    throttle.count("busy")
    throttle.count("one more")
    assert throttle.wait("busy") > 0
    assert throttle.wait("address 0") == 0
    assert throttle.wait("one more") > 0
