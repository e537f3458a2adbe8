"""Models on transformers and torch: a GGUF file, a local folder or a model of the hub.

Weights come from safetensors or GGUF files only, and no code from a model is run.
"""

import contextlib
import threading
from pathlib import Path
from typing import Any

import torch
import transformers

from chatbot.errors import GeneratorFailed
from chatbot.generators import EngineLimits, ModelCard, Prompt
from chatbot.generators.chat import chat_messages
from chatbot.generators.cores import physical_cores
from chatbot.generators.streams import Pieces
from chatbot.generators.threaded import ThreadedGenerator


def cuda_available() -> bool:
    """Whether torch can compute on an NVIDIA GPU here."""
    return torch.cuda.is_available()


class TransformersGenerator(ThreadedGenerator):
    """The model `source`: a .gguf file, a folder, or the id of a model on the hub.

    On a GPU it runs in bf16, on a CPU in fp32. Raises `GeneratorFailed` when it
    cannot be loaded. `close` frees the memory.
    """

    def __init__(self, source: str, card: ModelCard, limits: EngineLimits | None = None) -> None:
        super().__init__(card, limits or EngineLimits(), "transformers")
        self._device = "cuda" if cuda_available() else "cpu"
        self._thread = threading.local()
        if self._device == "cpu":
            torch.set_num_threads(self._limits.threads or physical_cores())
        self._tokenizer: Any
        self._model: Any
        self._tokenizer, self._model = _load(source, self._device)
        self._context = min(self._limits.context_tokens, _longest_context(self._model))
        for layer in _layers(self._model):
            layer.register_forward_pre_hook(self._stop_between_layers)

    def _generate(self, prompt: Prompt, pieces: Pieces) -> None:
        inputs = _encode(self._tokenizer, prompt).to(self._device)
        length = inputs["input_ids"].shape[1]
        if length + prompt.max_tokens > self._context:
            raise GeneratorFailed(
                reason=f"the prompt ({length} tokens) and its answer ({prompt.max_tokens}) "
                f"exceed the context of {self._context}"
            )
        self._thread.pieces = pieces
        torch.random.manual_seed(prompt.seed)  # pyright: ignore[reportUnknownMemberType] -- torch leaves it untyped
        with contextlib.suppress(_NobodyReadsError):
            self._model.generate(
                **inputs,
                generation_config=_generation_config(self._model, self._tokenizer, prompt),
                streamer=_Streamer(self._tokenizer, pieces),
                stopping_criteria=transformers.StoppingCriteriaList([_Stopped(pieces)]),
            )

    def _free(self) -> None:
        self._model = None

    def _stop_between_layers(self, *_: object) -> None:
        """Reading a long prompt takes seconds and asks no stopping criterion."""
        pieces: Pieces | None = getattr(self._thread, "pieces", None)
        if pieces is not None and pieces.stopped:
            raise _NobodyReadsError


class _NobodyReadsError(Exception):
    pass


class _Stopped(transformers.StoppingCriteria):
    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> Any:  # noqa: ARG002 -- transformers passes it
        return torch.full((input_ids.shape[0],), self._pieces.stopped, device=input_ids.device)


class _Streamer(transformers.TextStreamer):
    """Decodes tokens into text that will not change any more, as TextIteratorStreamer does.

    The reader's waits are bounded in `Pieces`, and an exception in `generate` reaches it.
    """

    def __init__(self, tokenizer: Any, pieces: Pieces) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self._pieces = pieces

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:  # noqa: ARG002 -- transformers' signature
        self._pieces.put(text)


def _encode(tokenizer: Any, prompt: Prompt) -> Any:
    messages = chat_messages(prompt)
    if tokenizer.chat_template is None:
        raise GeneratorFailed(reason="the model has no chat template; choose an instruct model")
    return tokenizer.apply_chat_template(
        messages,
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
        enable_thinking=False,  # Qwen3 would think aloud first
    )


def _generation_config(model: Any, tokenizer: Any, prompt: Prompt) -> Any:
    """Our own sampling: a model's defaults would make "temperature 0" sample, or warn."""
    ends = model.generation_config.eos_token_id or tokenizer.eos_token_id
    sampling = {"temperature": prompt.temperature, "top_p": 0.95, "top_k": 40}
    return transformers.GenerationConfig(
        max_new_tokens=prompt.max_tokens,
        do_sample=prompt.temperature > 0,
        eos_token_id=ends,
        pad_token_id=tokenizer.pad_token_id or tokenizer.eos_token_id,
        **(sampling if prompt.temperature > 0 else {}),
    )


def _load(source: str, device: str) -> tuple[Any, Any]:
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    path = Path(source)
    where, options = source, dict[str, Any]()
    if path.suffix == ".gguf":
        where, options = str(path.parent), {"gguf_file": path.name}
    # bf16 reads long prompts very slowly on CPUs without AMX.
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    tokenizers: Any = transformers.AutoTokenizer
    models: Any = transformers.AutoModelForCausalLM
    try:
        tokenizer = tokenizers.from_pretrained(where, trust_remote_code=False, **options)
        model = models.from_pretrained(
            where, trust_remote_code=False, use_safetensors=True, dtype=dtype, **options
        )
    except Exception as error:
        raise GeneratorFailed(reason=_why_not(source, error)) from error
    return tokenizer, model.to(device).eval()


def _why_not(source: str, error: Exception) -> str:
    if Path(source).exists() or not isinstance(error, OSError):
        return f"{source} cannot be loaded: {error}"
    return (
        f"{source} is no file or folder here and could not be fetched from the hub "
        f"({type(error).__name__}). Without a network, choose a local folder, a .gguf file "
        "or a model of the catalogue."
    )


def _longest_context(model: Any) -> int:
    """In tokens, as the model was trained; without a word of it, no limit of its own."""
    return getattr(model.config, "max_position_embeddings", None) or 1 << 30


def _layers(model: Any) -> Any:
    """The decoder's layers: the longest list of modules."""
    lists = (module for module in model.modules() if isinstance(module, torch.nn.ModuleList))
    return max(lists, key=len, default=())
