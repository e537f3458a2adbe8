"""Fixtures of the API: a scripted desk, a client of it, and a team."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from fastapi.testclient import TestClient

from tests.chatbot.api.scripted_desk import (
    LOCAL_TOKEN,
    ScriptedDesk,
    add_team,
    open_desk,
    serving,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ScriptedDesk]:
    with open_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def client(desk: ScriptedDesk) -> Iterator[TestClient]:
    with TestClient(desk.app(), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def team(desk: ScriptedDesk) -> dict[str, str]:
    """API keys by role, and that of a suspended administrator."""
    return add_team(desk)


@pytest.fixture
def openai_url(desk: ScriptedDesk) -> Iterator[str]:
    with serving(desk.app()) as url:
        yield f"{url}/v1"


@pytest.fixture
def openai_client(openai_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=openai_url, api_key=LOCAL_TOKEN, max_retries=0) as client:
        yield client
