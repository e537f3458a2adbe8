"""Fixtures of the API: a scripted desk, a client of it, and a team."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from chatbot.accounts import Accounts, Role
from chatbot.conversations import Conversations
from chatbot.handover import Handovers
from chatbot.idempotency import Requests
from chatbot.inbox import Inbox
from chatbot.settings import Settings
from chatbot.timeline import Timeline
from chatbot.webhooks.deliveries import Deliveries
from chatbot.webhooks.store import Webhooks
from chatbot.webhooks.worker import Courier
from chatbot.widgets.store import Widgets
from chatbot.widgets.tokens import Tokens
from chatbot.widgets.visitors import Visitors
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.rules.book import RuleBook
from tests.chatbot.api.scripted_desk import (
    LOCAL_TOKEN,
    PASSWORD,
    MemoryShelf,
    OnePassage,
    ScriptedDesk,
    ScriptedDialogue,
    serving,
)

# The real cost, half a second a password, is for attackers to bear.
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ScriptedDesk]:
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    Base.metadata.create_all(engine)
    conversations = Conversations(engine)
    webhooks = Webhooks(engine, b"0" * 32)
    courier = Courier(Deliveries(engine, webhooks), allow_private=True)
    yield ScriptedDesk(
        settings=Settings(data_dir=tmp_path),
        dialogue=ScriptedDialogue(conversations),
        library=MemoryShelf(),
        retriever=OnePassage(),
        rules=RuleBook(tmp_path / "rules"),
        conversations=conversations,
        handovers=Handovers(engine, conversations.bulletin),
        timeline=Timeline(engine),
        inbox=Inbox(engine),
        accounts=Accounts(engine, b"0" * 32, hasher=QUICK),
        widgets=Widgets(engine, Tokens(b"0" * 32)),
        visitors=Visitors(engine, conversations),
        requests=Requests(engine),
        webhooks=webhooks,
        courier=courier,
    )
    courier.close()
    engine.dispose()


@pytest.fixture
def client(desk: ScriptedDesk) -> Iterator[TestClient]:
    with TestClient(desk.app(), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def team(desk: ScriptedDesk) -> dict[str, str]:
    """API keys by role, and that of a suspended administrator."""
    for role in Role:
        desk.accounts.add(role.label, PASSWORD, role)
    desk.accounts.add("gone", PASSWORD, Role.ADMIN)
    keys = {
        name: desk.accounts.keys.add(name).secret for name in ("agent", "editor", "admin", "gone")
    }
    desk.accounts.set_suspended("gone", suspended=True)
    return keys


@pytest.fixture
def openai_url(desk: ScriptedDesk) -> Iterator[str]:
    with serving(desk.app()) as url:
        yield f"{url}/v1"


@pytest.fixture
def openai_client(openai_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=openai_url, api_key=LOCAL_TOKEN, max_retries=0) as client:
        yield client
