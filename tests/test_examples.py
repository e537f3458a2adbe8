"""The programs in assets/examples run as they stand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatbot.api.app import create_api
from chatbot.assistant import Assistant
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, serving
from tests.chatbot.generators.endpoint import running_endpoint

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"
QUESTION = "How long is the warranty of the K3?"


def run(name: str, *arguments: str, **environment: str) -> list[str]:
    """The lines that the example prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.models
def test_an_openai_client(shop: Assistant) -> None:
    with serving(create_api(shop, local_token=LOCAL_TOKEN)) as url:
        lines = run(
            "openai_client.py", QUESTION, OPENAI_BASE_URL=f"{url}/v1", OPENAI_API_KEY=LOCAL_TOKEN
        )
    assert "[1]" in lines[0]
    assert lines[1].startswith("[1] ")
    assert lines[-1].endswith(" tokens")


@pytest.mark.models
@pytest.mark.timeout(400)
def test_langchain(tmp_path: Path, models_dir: Path) -> None:
    ours = {"ANSWERDESK_DATA_DIR": str(tmp_path), "ANSWERDESK_MODELS_DIR": str(models_dir)}
    lines = run("langchain_parts.py", QUESTION, **ours)
    assert [line.startswith("found: ") for line in lines[:4]] == [True, True, True, False]
    assert "[1]" in lines[3]
    assert lines[4].startswith("[1] ")
    assert lines[-1] == lines[3].upper()
    with running_endpoint() as endpoint:
        theirs = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": "none"}
        lines = run("langchain_generator.py", "openai:local", QUESTION, **ours, **theirs)
        assert lines[-1].endswith("asked the model: True")
        assert "K3" in str(endpoint.requests[0]["messages"])
