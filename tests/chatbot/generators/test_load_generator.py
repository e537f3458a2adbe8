import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorBusy, GeneratorFailed
from chatbot.generators import ModelCard, Prompt
from chatbot.generators.loading import (
    ENDPOINT_CALLS_AT_ONCE,
    has_gpu,
    load_generator,
    locate,
    managed,
)
from chatbot.generators.scripted import ScriptedGenerator
from chatbot.messages import Message
from chatbot.settings import GeneratorSettings, load_settings
from knowledge.documents import Language
from knowledge.errors import ModelFileMissing, UnknownModel
from tests.chatbot.generators.embedded import embedded_model
from tests.chatbot.generators.endpoint import running_endpoint

PROMPT = Prompt("Be brief.", [Message("user", "What is the capital of France?")], max_tokens=8)


def _settings(**values: object) -> GeneratorSettings:
    return GeneratorSettings.model_validate({"threads": 1, "deadline_seconds": 90, **values})


def test_no_generator_when_none_is_wanted(tmp_path: Path) -> None:
    assert load_generator(_settings(engine="none"), tmp_path) is None


def test_a_name_that_is_nothing_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="smollm2-135m"):
        load_generator(_settings(model="smolm2"), tmp_path)


@pytest.mark.parametrize(
    ("settings", "languages"),
    [
        ({"model": "smollm2-135m"}, {Language.ENGLISH}),
        ({"model": "smollm2-135m", "languages": ("en", "zh")}, set(Language)),
        ({"model": "somebody/some-model"}, set(Language)),
        ({"model": "some/folder", "languages": ("zh",)}, {Language.CHINESE}),
        ({"model": "smollm2-135m", "engine": "openai"}, set(Language)),
    ],
)
def test_languages(tmp_path: Path, settings: dict[str, object], languages: set[Language]) -> None:
    generator = load_generator(_settings(**settings), tmp_path)
    assert generator is not None
    assert generator.languages == languages
    assert generator.name == settings["model"]
    assert generator.state == "idle"


@pytest.mark.parametrize("engine", ["auto", "llama_cpp", "transformers"])
def test_a_missing_model_fails_on_use_with_what_to_do(tmp_path: Path, engine: str) -> None:
    generator = load_generator(_settings(engine=engine), tmp_path)
    assert generator is not None
    generator.warm_up()
    with pytest.raises(GeneratorFailed, match="models pull smollm2-135m") as caught:
        list(generator.stream(PROMPT, Cancellation()))
    assert isinstance(caught.value.__cause__, ModelFileMissing)
    assert generator.state == "failed"


@pytest.mark.parametrize(
    ("files", "message"),
    [([], "there is none"), (["a.gguf", "b.gguf"], "there is a.gguf, b.gguf")],
)
def test_llama_cpp_wants_one_gguf_file(tmp_path: Path, files: list[str], message: str) -> None:
    for name in files:
        (tmp_path / name).touch()
    generator = load_generator(_settings(engine="llama_cpp", model=str(tmp_path)), tmp_path)
    assert generator is not None
    with pytest.raises(GeneratorFailed, match=message):
        list(generator.stream(PROMPT, Cancellation()))


def test_llama_cpp_reads_no_hub_id(tmp_path: Path) -> None:
    generator = load_generator(_settings(engine="llama_cpp", model="some/model"), tmp_path)
    assert generator is not None
    with pytest.raises(GeneratorFailed, match=r"\.gguf"):
        list(generator.stream(PROMPT, Cancellation()))


def test_an_endpoint_by_settings(tmp_path: Path) -> None:
    with running_endpoint() as endpoint:
        generator = load_generator(
            _settings(engine="openai", model="local", base_url=endpoint.url), tmp_path
        )
        assert generator is not None
        assert len(list(generator.stream(PROMPT, Cancellation()))) == 8
        generator.close()


def test_the_queue_of_the_settings_holds(tmp_path: Path) -> None:
    with running_endpoint() as endpoint:
        endpoint.delay = 0.02
        generator = load_generator(
            _settings(engine="openai", model="m", base_url=endpoint.url, queue_size=1), tmp_path
        )
        assert generator is not None
        running = [generator.stream(PROMPT, Cancellation()) for _ in range(ENDPOINT_CALLS_AT_ONCE)]
        for stream in running:
            next(stream)
        waiting = threading.Thread(target=lambda: list(generator.stream(PROMPT, Cancellation())))
        waiting.start()
        while generator.waiting == 0:
            time.sleep(0.005)
        with pytest.raises(GeneratorBusy):
            list(generator.stream(PROMPT, Cancellation()))
        assert len(list(running[0])) == 7  # the eighth has been read; this makes room
        waiting.join(30)
        assert not waiting.is_alive()
        generator.close()


@pytest.mark.models
def test_the_embedded_model_by_name() -> None:
    folder = load_settings().models_folder
    generator = load_generator(_settings(), folder)
    assert generator is not None
    generator.warm_up()
    assert "Paris" in "".join(generator.stream(PROMPT, Cancellation()))
    assert generator.state == "ready"
    generator.close()


@pytest.mark.models
def test_the_embedded_model_by_path(tmp_path: Path) -> None:
    file = embedded_model()
    assert locate(str(file), tmp_path) == str(file)
    for model in (file, file.parent):
        generator = load_generator(_settings(engine="llama_cpp", model=str(model)), tmp_path)
        assert generator is not None
        assert "Paris" in "".join(generator.stream(PROMPT, Cancellation()))
        generator.close()


@pytest.mark.models
@pytest.mark.skipif(has_gpu(), reason="on a GPU, auto is transformers")
def test_on_a_cpu_torch_stays_out() -> None:
    """It takes seconds and hundreds of megabytes that llama.cpp does not need."""
    program = f"""
import sys
from pathlib import Path
from chatbot.cancellation import Cancellation
from chatbot.generators import Prompt
from chatbot.generators.loading import load_generator
from chatbot.messages import Message
from chatbot.settings import GeneratorSettings
generator = load_generator(GeneratorSettings(threads=1, deadline_seconds=60), Path({str(embedded_model().parents[1])!r}))
assert not {{"torch", "transformers", "xllamacpp", "langchain_openai"}} & set(sys.modules)
print("".join(generator.stream(Prompt("", [Message("user", "Hi")], max_tokens=3), Cancellation())))
assert "xllamacpp" in sys.modules
assert not {{"torch", "transformers", "langchain_openai"}} & set(sys.modules)
generator.close()
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()
    assert result.stderr == ""


def test_langchains_models_are_reached_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sesame")
    with running_endpoint() as endpoint:
        generator = load_generator(
            _settings(
                engine="langchain",
                model="openai:local",
                base_url=endpoint.url,
                api_key_variable="MY_KEY",
            ),
            tmp_path,
        )
        assert generator is not None
        assert (generator.name, generator.languages) == ("openai:local", set(Language))
        assert "".join(generator.stream(PROMPT, Cancellation())).startswith("word0 word1")
        generator.close()
        (request,) = endpoint.requests
        assert (request["model"], request["temperature"]) == ("local", 0)
        assert endpoint.keys == ["Bearer sesame"]


@pytest.mark.parametrize("model", ["nobody:model", "ollama:qwen3"])
def test_a_provider_that_is_not_there_is_named(tmp_path: Path, model: str) -> None:
    generator = load_generator(_settings(engine="langchain", model=model), tmp_path)
    assert generator is not None
    with pytest.raises(GeneratorFailed, match=model.partition(":")[0]):
        list(generator.stream(PROMPT, Cancellation()))


def test_a_generator_that_is_brought_is_queued_and_closed_like_any_other() -> None:
    brought = ScriptedGenerator(["Paris."], card=ModelCard("mine", frozenset({Language.CHINESE})))
    generator = managed(brought, _settings())
    assert (generator.name, generator.languages) == ("mine", {Language.CHINESE})
    assert "".join(generator.stream(PROMPT, Cancellation())) == "Paris."
    generator.close()
    assert generator.state == "ready"
