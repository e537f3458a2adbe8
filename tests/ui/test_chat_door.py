"""Who gets the chat page while it is not public."""

import asyncio
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chatbot.accounts import Accounts, Role
from chatbot.api.access import SESSION_COOKIE, AccessMiddleware, Gate
from chatbot.settings import ServerSettings
from knowledge.database import Base, open_engine, sqlite_url
from tests.ui.test_handlers import Desk
from ui.mounting import close_doors, head_of
from ui.pages.chat import add_chat

PASSWORD = "correct horse battery"
# The real cost, half a second a password, is for attackers to bear.
_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    engine = open_engine(sqlite_url(tmp_path_factory.mktemp("door") / "answerdesk.db"))
    Base.metadata.create_all(engine)
    accounts = Accounts(engine, b"0" * 32, hasher=_QUICK)
    accounts.add("agent", PASSWORD, Role.AGENT)
    yield accounts
    engine.dispose()


@pytest.fixture(scope="module")
def client(accounts: Accounts) -> Iterator[TestClient]:
    gate = Gate(accounts, ServerSettings(public_chat=False))

    async def make() -> FastAPI:
        app = FastAPI(docs_url=None, redoc_url=None)
        app.add_middleware(AccessMiddleware, gate=gate)
        add_chat(app, Desk().handlers(), turns_at_once=1, gate=gate)
        close_doors(app, {"/": head_of("chat")})
        return app

    # In a loop: outside of one Gradio makes its own and never closes it.
    origin = {"origin": "http://testserver"}
    with TestClient(asyncio.run(make()), follow_redirects=False, headers=origin) as client:
        yield client


def test_a_visitor_is_led_to_the_login(client: TestClient) -> None:
    client.cookies.clear()
    answer = client.get("/")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2F"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/config"),
        ("GET", "/gradio_api/queue/data?session_hash=s"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/run/predict"),
    ],
)
def test_a_visitor_reaches_nothing_behind_the_page(
    client: TestClient, method: str, path: str
) -> None:
    client.cookies.clear()
    assert client.request(method, path, json={}).status_code == 401


def test_a_member_gets_in(client: TestClient, accounts: Accounts) -> None:
    client.cookies.set(SESSION_COOKIE, accounts.sign_in("agent", PASSWORD))
    assert client.get("/").status_code == 200
    assert client.get("/config").status_code == 200
    client.cookies.clear()
