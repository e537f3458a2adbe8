import threading
import time
from collections.abc import Iterator

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorFailed, GeneratorTimeout, InvalidSettings
from chatbot.generators import ModelCard, Prompt
from chatbot.generators.langchain import LangChainGenerator, openai_compatible
from chatbot.messages import Message
from chatbot.settings import GeneratorSettings
from knowledge.documents import Language
from tests.chatbot.generators.endpoint import Endpoint, running_endpoint

PROMPT = Prompt(system="Be brief.", messages=[Message("user", "Hello?")], max_tokens=5, seed=7)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with running_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def generator(endpoint: Endpoint) -> Iterator[LangChainGenerator]:
    generator = openai_compatible(_settings(endpoint))
    yield generator
    generator.close()


def _settings(endpoint: Endpoint, **changes: object) -> GeneratorSettings:
    values = {"engine": "openai", "model": "local", "base_url": endpoint.url, **changes}
    return GeneratorSettings.model_validate(values)


def test_sends_prompt_limits_and_key(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sesame")
    generator = openai_compatible(_settings(endpoint, api_key_variable="MY_KEY"))
    text = "".join(generator.stream(PROMPT, Cancellation()))
    generator.close()

    assert text == "word0 word1 word2 word3 word4 "
    assert endpoint.keys == ["Bearer sesame"]
    [request] = endpoint.requests
    assert request["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
    ]
    assert request["model"] == "local"
    assert request["max_tokens"] == 5
    assert request["temperature"] == 0
    assert request["seed"] == 7


def test_openai_itself_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(InvalidSettings, match="OPENAI_API_KEY"):
        openai_compatible(GeneratorSettings(engine="openai", model="gpt"))


def test_languages_come_from_the_settings(endpoint: Endpoint) -> None:
    generator = openai_compatible(_settings(endpoint, languages=("zh",)))
    assert generator.languages == {Language.CHINESE}
    assert generator.name == "local"
    generator.close()


def test_a_server_error_is_told_once(endpoint: Endpoint, generator: LangChainGenerator) -> None:
    endpoint.manner = "500"
    with pytest.raises(GeneratorFailed, match="out of memory"):
        list(generator.stream(PROMPT, Cancellation()))
    assert len(endpoint.requests) == 1  # no retry behind the visitor's back


@pytest.mark.parametrize("manner", ["broken", "garbled"])
def test_a_stream_that_breaks_is_an_error(
    endpoint: Endpoint, generator: LangChainGenerator, manner: str
) -> None:
    endpoint.manner = manner  # pyright: ignore[reportAttributeAccessIssue] -- one of its literals
    got = list[str]()
    with pytest.raises(GeneratorFailed):
        got.extend(generator.stream(PROMPT, Cancellation()))
    endpoint.manner = "well"
    assert len(list(generator.stream(PROMPT, Cancellation()))) == 5  # the next one works


def test_nobody_there_is_an_error(endpoint: Endpoint) -> None:
    generator = openai_compatible(_settings(endpoint, base_url="http://127.0.0.1:9/v1"))
    with pytest.raises(GeneratorFailed) as caught:
        list(generator.stream(PROMPT, Cancellation()))
    assert caught.value.__cause__ is not None
    generator.close()


def test_silence_ends_at_the_deadline(endpoint: Endpoint) -> None:
    endpoint.manner = "silent"
    generator = openai_compatible(_settings(endpoint, deadline_seconds=0.5))
    begin = time.monotonic()
    with pytest.raises(GeneratorTimeout):
        list(generator.stream(PROMPT, Cancellation()))
    assert 0.4 < time.monotonic() - begin < 1.5
    generator.close()


def test_an_endpoint_that_knows_no_limit_is_cut_off(
    endpoint: Endpoint, generator: LangChainGenerator
) -> None:
    endpoint.manner, endpoint.delay = "unlimited", 0.01
    assert len(list(generator.stream(PROMPT, Cancellation()))) == 5
    assert endpoint.cut_off.wait(5)


def test_cancelling_cuts_the_connection(endpoint: Endpoint, generator: LangChainGenerator) -> None:
    endpoint.delay = 0.02
    cancellation = Cancellation()
    prompt = Prompt(system="", messages=PROMPT.messages, max_tokens=200)
    for number, _ in enumerate(generator.stream(prompt, cancellation)):
        if number == 3:
            cancellation.cancel()
    assert endpoint.cut_off.wait(5)


def test_closing_ends_its_thread(endpoint: Endpoint) -> None:
    before = threading.active_count()
    generator = openai_compatible(_settings(endpoint))
    list(generator.stream(PROMPT, Cancellation()))
    generator.close()
    generator.close()
    with pytest.raises(GeneratorFailed, match="closed"):
        list(generator.stream(PROMPT, Cancellation()))
    deadline = time.monotonic() + 5  # the endpoint's own threads end by themselves
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_leaving_at_any_moment_leaves_no_connection_open(
    endpoint: Endpoint, generator: LangChainGenerator
) -> None:
    """httpx's pool keeps one that is cancelled while it is opened, until it has a hundred."""
    list(generator.stream(PROMPT, Cancellation()))
    before = threading.active_count()  # the endpoint has a thread for each connection
    endpoint.delay = 0.01
    for number in range(120):
        with pytest.raises(GeneratorTimeout):
            list(generator.stream(PROMPT, Cancellation(seconds=0.0005 * (number % 24))))
    end = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.02)
    assert threading.active_count() <= before


@pytest.mark.parametrize(("exempt", "through_proxy"), [("", True), ("shop.example", False)])
def test_the_proxy_of_the_environment_is_used(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, exempt: str, through_proxy: bool
) -> None:
    monkeypatch.setenv("http_proxy", endpoint.url.removesuffix("/v1"))
    monkeypatch.setenv("no_proxy", exempt)
    generator = openai_compatible(_settings(endpoint, base_url="http://shop.example/v1"))
    if through_proxy:
        assert len(list(generator.stream(PROMPT, Cancellation()))) == 5
    else:
        with pytest.raises(GeneratorFailed):
            list(generator.stream(PROMPT, Cancellation()))
    assert bool(endpoint.requests) is through_proxy
    generator.close()


def test_any_chat_model_of_langchain() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("Thirty days from delivery.")]))
    generator = LangChainGenerator(model, ModelCard("fake"), arguments=lambda _: {})
    prompt = Prompt(system="", messages=PROMPT.messages, max_tokens=50)
    assert "".join(generator.stream(prompt, Cancellation())) == "Thirty days from delivery."
    generator.close()
