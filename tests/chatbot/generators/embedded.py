"""Where the tests find the embedded language model."""

from pathlib import Path

from chatbot.generators.loading import locate
from chatbot.settings import load_settings


def embedded_model() -> Path:
    """The GGUF file that `make models` has put there. Raises `ModelFileMissing` otherwise."""
    settings = load_settings()
    return Path(locate("smollm2-135m", settings.models_folder))
