import importlib
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorFailed
from chatbot.generators import EngineLimits, ModelCard, Prompt
from chatbot.generators.llama_cpp import LlamaCppGenerator, Tuning, engine_params
from chatbot.messages import Message
from tests.chatbot.generators.embedded import embedded_model

CARD = ModelCard("small")
LIMITS = EngineLimits(context_tokens=512, threads=1, deadline_seconds=90)
SHORT = Prompt("Be brief.", [Message("user", "What is the capital of France?")], max_tokens=8)

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def generator() -> Iterator[LlamaCppGenerator]:
    generator = LlamaCppGenerator(embedded_model(), CARD, LIMITS)
    yield generator
    generator.close()


def test_nobody_can_connect_to_the_engine(generator: LlamaCppGenerator) -> None:
    assert "".join(generator.stream(SHORT, Cancellation()))
    connections = psutil.Process().net_connections(kind="all")
    assert [c.laddr for c in connections if c.status == psutil.CONN_LISTEN] == []
    sockets = [str(c.laddr) for c in connections if "engine.sock" in str(c.laddr)]
    assert not any(Path(path).exists() for path in sockets)


def test_where_it_listens_on_loopback_it_asks_for_a_key() -> None:
    xllamacpp: Any = importlib.import_module("xllamacpp")
    engine = xllamacpp.Server(engine_params(xllamacpp, embedded_model(), LIMITS, Tuning()))
    for path in ("/v1/models", "/props", "/slots", "/metrics", "/lora-adapters"):
        assert _status(engine.listening_address + path) == 401
    body = b'{"messages": [{"role": "user", "content": "Hi"}], "prompt": "Hi"}'
    for path in ("/v1/chat/completions", "/completion", "/tokenize", "/apply-template"):
        assert _status(engine.listening_address + path, body) == 401


def _status(url: str, body: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(url, body, timeout=10) as response:  # noqa: S310 -- loopback
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_prompt_beyond_the_context_is_refused(generator: LlamaCppGenerator) -> None:
    prompt = Prompt("", [Message("user", "many words " * 600)], max_tokens=8)
    with pytest.raises(GeneratorFailed, match="512"):
        list(generator.stream(prompt, Cancellation()))
    assert "".join(generator.stream(SHORT, Cancellation()))


@pytest.mark.parametrize("damage", ["missing", "empty", "noise", "truncated"])
def test_a_damaged_file_is_an_error_and_no_crash(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "model.gguf"
    if damage == "empty":
        path.touch()
    elif damage == "noise":
        path.write_bytes(b"GGUF" + os.urandom(100_000))
    elif damage == "truncated":
        with embedded_model().open("rb") as whole:
            path.write_bytes(whole.read(20_000_000))
    with pytest.raises(GeneratorFailed, match=r"model\.gguf"):
        LlamaCppGenerator(path, CARD, LIMITS)


def test_it_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    generator = LlamaCppGenerator(embedded_model(), CARD, LIMITS)
    list(generator.stream(SHORT, Cancellation()))
    generator.close()
    assert capfd.readouterr() == ("", "")


def test_it_leaves_the_signals_to_the_server() -> None:
    """llama.cpp's own server takes SIGTERM and SIGINT; then Ctrl+C would not stop ours."""
    got = list[int]()
    before = signal.signal(signal.SIGTERM, lambda number, _: got.append(number))
    try:
        generator = LlamaCppGenerator(embedded_model(), CARD, LIMITS)
        signal.raise_signal(signal.SIGTERM)
        generator.close()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert got == [signal.SIGTERM]


def test_it_can_be_closed_as_soon_as_it_is_loaded() -> None:
    """Freeing the engine before its loop had begun waited for ever."""
    for _ in range(5):
        LlamaCppGenerator(embedded_model(), CARD, LIMITS).close()


def test_closed_it_refuses() -> None:
    generator = LlamaCppGenerator(embedded_model(), CARD, LIMITS)
    generator.close()
    generator.close()
    with pytest.raises(GeneratorFailed, match="closed"):
        list(generator.stream(SHORT, Cancellation()))


def test_a_broken_chunk_is_an_error_and_not_a_short_answer(
    generator: LlamaCppGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine swallows what a callback raises: an answer would just seem to end."""
    engine: Any = vars(generator)["_engine"]

    class Misbehaving:
        def handle_chat_completions(self, request: object, receive: Any) -> None:
            def garble(chunk: object) -> bool:
                return receive({"choices": [chunk]})

            engine.handle_chat_completions(request, garble)

    class Mute:
        def handle_chat_completions(self, request: object, receive: Any) -> None:
            receive({"choices": [{"delta": {"content": "The"}, "finish_reason": None}]})

    monkeypatch.setattr(generator, "_engine", Misbehaving())
    with pytest.raises(GeneratorFailed, match="KeyError"):
        list(generator.stream(SHORT, Cancellation()))
    monkeypatch.setattr(generator, "_engine", Mute())
    with pytest.raises(GeneratorFailed, match="before the end"):
        list(generator.stream(SHORT, Cancellation()))
