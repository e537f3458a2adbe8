"""What all tests share."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from chatbot.assistant import Assistant, open_assistant
from chatbot.settings import load_settings
from knowledge.models import ModelState, installed

ROOT = Path(__file__).parents[1]

# A busy machine is slow, not wrong.
settings.register_profile(
    "patient",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")


# A run in the background of a script ignores Ctrl+C, and so would every program that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder with the embedded models; a test that needs them fails, and says so, without."""
    folder = Path(os.environ.get("ANSWERDESK_MODELS_DIR") or ROOT / ".answerdesk" / "models")
    missing = [
        status.entry.name
        for status in installed(folder)
        if status.entry.default and status.state is not ModelState.INSTALLED
    ]
    if missing:
        pytest.fail(f"{', '.join(missing)} not in {folder}: run `make models` first", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Assistant]:
    """The sample shop with the real embedder and the embedded Transformer, everything embedded."""
    folder = tmp_path_factory.mktemp("shop")
    with open_assistant(load_settings(data_dir=folder, models_dir=models_dir)) as assistant:
        progress = assistant.library.wait(300)
        assert progress.documents_done == progress.documents_total > 20
        assert assistant.library.wait_for_spans(300)
        yield assistant
