"""What every generator promises, whichever engine is behind it."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorTimeout
from chatbot.generators import EngineLimits, Generator, ModelCard, Prompt
from chatbot.generators.llama_cpp import LlamaCppGenerator
from chatbot.generators.queue import BoundedGenerator
from chatbot.generators.scripted import ScriptedGenerator
from chatbot.messages import Message
from knowledge.documents import Language
from tests.chatbot.generators.embedded import embedded_model
from tests.chatbot.generators.endpoint import running_endpoint

CARD = ModelCard("the model", frozenset({Language.ENGLISH}))
# Goes on far longer than any test waits.
STORY = Prompt(
    system="You tell very long stories.",
    messages=[Message("user", "Tell the whole story of a lighthouse keeper, with all details.")],
    max_tokens=400,
)
# One thread: two that wait for each other crawl on a machine that does other things too.
LIMITS = EngineLimits(threads=1, deadline_seconds=90)
SHORT = Prompt(system=STORY.system, messages=STORY.messages, max_tokens=12)
# About 1,500 tokens: reading it takes seconds on a CPU.
LONG = Prompt(
    system=STORY.system,
    messages=[Message("user", "Summarise: " + "The keeper climbs the stairs again. " * 200)],
    max_tokens=50,
)


def _scripted() -> Iterator[Generator]:
    pieces = [f"word{number} " for number in range(500)]
    yield ScriptedGenerator(pieces, card=CARD, delay=0.03)


def _llama_cpp() -> Iterator[Generator]:
    yield from _closing(LlamaCppGenerator(embedded_model(), CARD, LIMITS))


def _transformers() -> Iterator[Generator]:
    from chatbot.generators.transformers import TransformersGenerator  # noqa: PLC0415 -- torch

    yield from _closing(TransformersGenerator(str(embedded_model()), CARD, LIMITS))


def _langchain() -> Iterator[Generator]:
    from chatbot.generators.langchain import openai_compatible  # noqa: PLC0415 -- slow to import
    from chatbot.settings import GeneratorSettings  # noqa: PLC0415

    with running_endpoint() as endpoint:
        endpoint.delay = 0.03
        endpoint.pieces = tuple(f"word{number} " for number in range(500))
        yield from _closing(
            openai_compatible(
                GeneratorSettings(
                    engine="openai",
                    model=CARD.name,
                    base_url=endpoint.url,
                    languages=("en",),
                    deadline_seconds=90,
                )
            )
        )


def _closing(generator: Any) -> Iterator[Generator]:
    yield generator
    generator.close()


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(_scripted, id="scripted"),
        pytest.param(_langchain, id="langchain"),
        pytest.param(_llama_cpp, id="llama_cpp", marks=pytest.mark.models),
        pytest.param(
            _transformers,
            id="transformers",
            marks=[pytest.mark.models, pytest.mark.timeout(400)],  # unpacking the weights
        ),
    ],
)
def generator(request: pytest.FixtureRequest) -> Iterator[Generator]:
    make: Callable[[], Iterator[Generator]] = request.param
    yield from make()


@pytest.fixture(autouse=True)
def _no_thread_left(generator: Generator) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] -- pytest uses it
    list(generator.stream(SHORT, Cancellation()))  # threads that live as long as the generator
    before = threading.active_count()
    yield
    end = time.monotonic() + 30
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.05)
    assert threading.active_count() <= before


def test_says_what_it_is(generator: Generator) -> None:
    assert generator.name == "the model"
    assert generator.languages == {Language.ENGLISH}


def test_streams_pieces(generator: Generator) -> None:
    pieces = list(generator.stream(SHORT, Cancellation()))
    assert len(pieces) > 1
    assert all(pieces)
    assert len("".join(pieces)) > 10


def test_ends_by_max_tokens(generator: Generator) -> None:
    few = list(generator.stream(Prompt("", STORY.messages, max_tokens=4), Cancellation()))
    many = list(generator.stream(Prompt("", STORY.messages, max_tokens=24), Cancellation()))
    assert 1 <= len(few) <= 5
    assert len("".join(few)) < len("".join(many))


def test_same_seed_same_text(generator: Generator) -> None:
    texts = {"".join(generator.stream(SHORT, Cancellation())) for _ in range(3)}
    assert len(texts) == 1


def test_cancelled_in_mid_answer_it_ends_within_a_second(generator: Generator) -> None:
    cancellation = Cancellation()
    stream = generator.stream(STORY, cancellation)
    assert len(list(islice(stream, 3))) == 3
    cancellation.cancel()
    begin = time.monotonic()
    rest = list(stream)
    assert time.monotonic() - begin < 1
    assert len(rest) < 50


def test_cancelled_before_the_first_piece_it_ends_within_a_second(generator: Generator) -> None:
    cancellation = Cancellation()
    stream = generator.stream(LONG, cancellation)
    threading.Timer(0.01, cancellation.cancel).start()
    begin = time.monotonic()
    assert list(stream) == []
    assert time.monotonic() - begin < 1


def test_cancelled_beforehand_it_says_nothing(generator: Generator) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    assert list(generator.stream(STORY, cancellation)) == []


def test_the_deadline_of_the_turn_counts(generator: Generator) -> None:
    begin = time.monotonic()
    with pytest.raises(GeneratorTimeout):
        list(generator.stream(LONG, Cancellation(seconds=0.01)))
    assert time.monotonic() - begin < 1


def test_the_deadline_counts_from_the_call(generator: Generator) -> None:
    stream = generator.stream(SHORT, Cancellation(seconds=0.2))
    time.sleep(0.3)
    with pytest.raises(GeneratorTimeout):
        list(stream)


def test_closing_the_iterator_stops_it(generator: Generator) -> None:
    stream: Any = generator.stream(STORY, Cancellation())
    next(stream)
    begin = time.monotonic()
    stream.close()
    assert time.monotonic() - begin < 1
    assert list(stream) == []


def test_after_an_abandoned_answer_the_next_works(generator: Generator) -> None:
    expected = "".join(generator.stream(SHORT, Cancellation()))
    for _ in range(3):
        stream = generator.stream(STORY, Cancellation())
        next(stream)
        del stream
    assert "".join(generator.stream(SHORT, Cancellation())) == expected


def test_two_calls_through_the_queue(generator: Generator) -> None:
    bounded = BoundedGenerator(generator, queue_size=1, deadline_seconds=90)
    texts = list[str]()

    def ask() -> None:
        texts.append("".join(bounded.stream(SHORT, Cancellation())))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 2
    assert len(set(texts)) == 1
