"""From settings to a generator that is ready when it is needed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorFailed
from chatbot.generators import EngineLimits, Generator, ModelCard, Prompt
from chatbot.generators.deferred import DeferredGenerator, State
from chatbot.generators.queue import BoundedGenerator
from chatbot.settings import GeneratorSettings
from knowledge.documents import Language
from knowledge.errors import UnknownModel
from knowledge.models.catalogue import load_catalogue
from knowledge.models.store import require

# Engines whose models run elsewhere: there is no file to look for.
REMOTE_ENGINES = frozenset({"openai", "langchain"})
# An endpoint has a scheduler of its own; this only keeps one server from flooding it.
ENDPOINT_CALLS_AT_ONCE = 8


class ManagedGenerator:
    """An engine that loads in the background, behind a bounded queue."""

    def __init__(self, engine: DeferredGenerator, queue: BoundedGenerator) -> None:
        self._engine = engine
        self._queue = queue

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def languages(self) -> frozenset[Language]:
        return self._engine.languages

    @property
    def state(self) -> State:
        """`idle`, `loading`, `ready` or `failed`."""
        return self._engine.state

    @property
    def waiting(self) -> int:
        """How many generations wait in the queue."""
        return self._queue.waiting

    def warm_up(self) -> None:
        """Begin to load; does not wait and does not raise."""
        self._engine.warm_up()

    def stream(self, prompt: Prompt, cancellation: Cancellation) -> Iterator[str]:
        return self._queue.stream(prompt, cancellation)

    def close(self) -> None:
        """Stop what runs and free the model."""
        self._engine.close()


def load_generator(settings: GeneratorSettings, models_folder: Path) -> ManagedGenerator | None:
    """The generator that the settings name; None for engine `none`. Nothing is loaded yet.

    Raises `UnknownModel` for a name that can be nothing. What goes wrong later,
    a missing file or no network, is a `GeneratorFailed` of each `stream`.
    """
    if settings.engine == "none":
        return None
    if settings.engine not in REMOTE_ENGINES:
        _check_name(settings.model)
    card = ModelCard(settings.model, _languages(settings))
    at_once = ENDPOINT_CALLS_AT_ONCE if settings.engine in REMOTE_ENGINES else 1
    return _managed(card, lambda: _load(settings, card, models_folder), settings, at_once)


def managed(generator: Generator, settings: GeneratorSettings) -> ManagedGenerator:
    """A generator that was made elsewhere, one call at a time, with the settings' queue and deadline."""
    card = ModelCard(generator.name, generator.languages)
    return _managed(card, lambda: generator, settings, at_once=1)


def _managed(
    card: ModelCard, load: Callable[[], Generator], settings: GeneratorSettings, at_once: int
) -> ManagedGenerator:
    engine = DeferredGenerator(card, load, settings.deadline_seconds)
    queue = BoundedGenerator(
        engine, settings.queue_size, settings.deadline_seconds, at_once=at_once
    )
    return ManagedGenerator(engine, queue)


def locate(model: str, models_folder: Path) -> str:
    """Where `model` is: a file, a folder, or the id of a model on the hub, unchanged.

    Raises `ModelFileMissing` and `ModelFileAltered` for a model of the catalogue.
    """
    catalogue = load_catalogue()
    if model not in catalogue or Path(model).exists():
        return model
    entry = catalogue.entry(model)
    folder = require(model, models_folder)
    return str(folder / entry.weights.name if entry.engine == "llama_cpp" else folder)


def has_gpu() -> bool:
    """Whether torch can use an NVIDIA GPU. Imports torch only where there is a driver."""
    if not (Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi")):
        return False
    from chatbot.generators.transformers import cuda_available  # noqa: PLC0415 -- torch is slow

    return cuda_available()


def _check_name(model: str) -> None:
    catalogue = load_catalogue()
    could_be_a_path_or_a_hub_id = "/" in model or "\\" in model or model.endswith(".gguf")
    if model in catalogue or could_be_a_path_or_a_hub_id or Path(model).exists():
        return
    raise UnknownModel(
        model=model,
        known=", ".join(entry.name for entry in catalogue if entry.use == "generator"),
    )


def _languages(settings: GeneratorSettings) -> frozenset[Language]:
    catalogue = load_catalogue()
    if settings.languages is not None:
        return frozenset(Language(code) for code in settings.languages)
    if settings.engine not in REMOTE_ENGINES and settings.model in catalogue:
        return frozenset(catalogue.entry(settings.model).languages)
    return frozenset(Language)


def _load(settings: GeneratorSettings, card: ModelCard, models_folder: Path) -> Generator:
    """Each adapter is imported only when it is the one: their engines take seconds and gigabytes."""
    if settings.engine == "openai":
        from chatbot.generators.langchain import openai_compatible  # noqa: PLC0415

        return openai_compatible(settings)
    if settings.engine == "langchain":
        from chatbot.generators.langchain import any_chat_model  # noqa: PLC0415

        return any_chat_model(settings)
    source = locate(settings.model, models_folder)
    limits = EngineLimits(settings.context_tokens, settings.threads, settings.deadline_seconds)
    if _runs_on_llama_cpp(settings, source):
        from chatbot.generators.llama_cpp import LlamaCppGenerator  # noqa: PLC0415

        return LlamaCppGenerator(_gguf_file(source), card, limits)
    from chatbot.generators.transformers import TransformersGenerator  # noqa: PLC0415

    return TransformersGenerator(source, card, limits)


def _runs_on_llama_cpp(settings: GeneratorSettings, source: str) -> bool:
    if settings.engine != "auto":
        return settings.engine == "llama_cpp"
    readable = source.endswith(".gguf") or any(Path(source).glob("*.gguf"))
    return readable and not has_gpu()


def _gguf_file(source: str) -> Path:
    path = Path(source)
    if not path.is_dir():
        if path.suffix != ".gguf":
            raise GeneratorFailed(reason=f"llama.cpp reads .gguf files; {source} is none")
        return path
    files = sorted(path.glob("*.gguf"))
    if len(files) != 1:
        names = ", ".join(file.name for file in files) or "none"
        raise GeneratorFailed(reason=f"{source} must hold one .gguf file; there is {names}")
    return files[0]
