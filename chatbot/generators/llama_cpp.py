"""GGUF models on llama.cpp, in this process: the default on a CPU.

llama.cpp's own server does the work; its HTTP side is what nobody asked for, so it
listens on a Unix socket in a folder that is deleted before anyone could connect
(on Windows: on loopback), and in both cases asks for a random key.
"""

import importlib
import secrets
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.errors import GeneratorFailed
from chatbot.generators import EngineLimits, ModelCard, Prompt
from chatbot.generators.chat import chat_messages
from chatbot.generators.cores import physical_cores
from chatbot.generators.streams import Pieces
from chatbot.generators.threaded import ThreadedGenerator


@dataclass(frozen=True, slots=True)
class Tuning:
    """What the benchmark varies; the defaults are what it found best (tests/benchmarks/generators.md).

    `batch_tokens`: the prompt is read in steps of so many tokens, and between two of
    them a cancelled generation ends. `keep_prefix`: what a prompt has in common with
    the one before is not read again. `prefix_cache_mib`: memory for earlier prompts.
    `speculate`: guess the next tokens from what has been said and check them at once.
    """

    batch_tokens: int = 64
    keep_prefix: bool = True
    prefix_cache_mib: int = 0
    speculate: bool = False


class LlamaCppGenerator(ThreadedGenerator):
    """The GGUF file at `path`; loading takes about a second for the embedded model.

    Raises `GeneratorFailed` when the file cannot be loaded. `close` frees the memory.
    """

    def __init__(
        self,
        path: Path,
        card: ModelCard,
        limits: EngineLimits | None = None,
        *,
        tuning: Tuning | None = None,
    ) -> None:
        super().__init__(card, limits or EngineLimits(), "llama.cpp")
        self._tuning = tuning or Tuning()
        self._engine: Any = _load(path, self._limits, self._tuning)

    def _generate(self, prompt: Prompt, pieces: Pieces) -> None:
        request = _request(prompt, keep_prefix=self._tuning.keep_prefix)
        reader = _ChunkReader(pieces)
        self._engine.handle_chat_completions(request, reader.receive)
        reader.check_end()

    def _free(self) -> None:
        self._engine = None


class _ChunkReader:
    """Takes OpenAI's streaming chunks. The engine swallows what a callback raises, so it is kept."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._error: Exception | None = None
        self._ended = False

    def receive(self, chunk: dict[str, Any]) -> bool:
        """Hand the text on; True stops the engine."""
        try:
            self._take(chunk)
        except (GeneratorFailed, LookupError, TypeError, AttributeError) as error:
            self._error = error
        return self._error is not None or self._pieces.stopped

    def check_end(self) -> None:
        """Raise what went wrong; a text that just breaks off has gone wrong too."""
        if self._error is not None:
            raise self._error
        if not self._ended and not self._pieces.stopped:
            raise GeneratorFailed(reason="the engine stopped before the end")

    def _take(self, chunk: dict[str, Any]) -> None:
        if "error" in chunk:
            raise GeneratorFailed(reason=chunk["error"]["message"])
        for choice in chunk["choices"]:
            self._pieces.put(choice["delta"].get("content") or "")
            self._ended = self._ended or bool(choice.get("finish_reason"))


def _request(prompt: Prompt, *, keep_prefix: bool) -> dict[str, Any]:
    return {
        "messages": chat_messages(prompt),
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "seed": prompt.seed,
        "stream": True,
        "return_progress": True,  # a chunk after each batch of the prompt, so that it can be stopped
        "cache_prompt": keep_prefix,
        "chat_template_kwargs": {"enable_thinking": False},  # Qwen3 would think aloud first
    }


def _load(path: Path, limits: EngineLimits, tuning: Tuning) -> Any:
    # The engine loads half a gigabyte of shared libraries; whoever uses another engine pays nothing.
    xllamacpp: Any = importlib.import_module("xllamacpp")  # it has no types

    if not path.is_file():
        raise GeneratorFailed(reason=f"there is no model file {path}")
    params = engine_params(xllamacpp, path, limits, tuning)
    with tempfile.TemporaryDirectory(prefix="answerdesk-") as folder:  # mode 0700
        if sys.platform != "win32":
            params.hostnames = [str(Path(folder) / "engine.sock")]
        try:
            engine = xllamacpp.Server(params)
        except RuntimeError as error:
            raise GeneratorFailed(reason=f"{path.name} cannot be loaded: {error}") from error
    # Its loop may not have begun yet, and freeing it before that would wait for ever.
    engine.handle_completions({"prompt": "Hello", "n_predict": 1})
    return engine


def engine_params(xllamacpp: Any, path: Path, limits: EngineLimits, tuning: Tuning) -> Any:
    """Everything that the engine is told about itself."""
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = limits.context_tokens
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = tuning.batch_tokens
    params.cache_prompt = tuning.keep_prefix
    params.cache_ram_mib = tuning.prefix_cache_mib
    params.fit_params = False  # would quietly shorten the context on a small machine
    params.enable_reasoning = 0
    # Its threads wait for each other some 200 times a token, spinning: where anything else wanted
    # one of the cores, all cores were several times slower than one, and idle 1.3 times faster.
    threads = limits.threads or max(1, physical_cores() - 1)
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads
    if tuning.speculate:
        kinds = xllamacpp.common_speculative_type
        params.speculative.types = [kinds.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
    _close_the_door(params)
    return params


def _close_the_door(params: Any) -> None:
    """As little HTTP as the engine allows, behind a key that nobody knows; no output."""
    params.api_keys = [secrets.token_urlsafe(32)]
    params.n_threads_http = 1
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = -1
