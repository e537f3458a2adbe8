"""What all tests share."""

import os
from pathlib import Path

import pytest

from knowledge.models import ModelState, installed

ROOT = Path(__file__).parents[1]


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
