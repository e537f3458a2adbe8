"""Questions go before background work, which is not starved either."""

import threading
import time

from knowledge.priority import GatedEmbedder, PriorityGate
from tests.fakes import HashEmbedder


def test_background_work_waits_for_the_question_under_way() -> None:
    gate = PriorityGate()
    done = threading.Event()

    def background() -> None:
        gate.give_way()
        done.set()

    with gate.question():
        thread = threading.Thread(target=background)
        thread.start()
        assert not done.wait(0.2)
    assert done.wait(1)
    thread.join()


def test_background_work_is_not_starved() -> None:
    gate = PriorityGate()
    with gate.question():
        begin = time.monotonic()
        gate.give_way()
        assert 1 < time.monotonic() - begin < 4


def test_background_work_does_not_wait_without_a_question() -> None:
    begin = time.monotonic()
    PriorityGate().give_way()
    assert time.monotonic() - begin < 0.5


def test_a_gated_embedder_embeds_as_its_own() -> None:
    plain = HashEmbedder()
    gated = GatedEmbedder(plain, PriorityGate())
    assert (gated.fingerprint, gated.dimension) == (plain.fingerprint, plain.dimension)
    assert (gated.embed(["lamp"], "query") == plain.embed(["lamp"], "query")).all()
