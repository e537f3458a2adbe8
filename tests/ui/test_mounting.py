"""What the server adds to Gradio: headers, one origin, and nothing but the page's own routes."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.ui.test_handlers import Desk
from ui.mounting import add_files, close_doors, head_of
from ui.pages.chat import add_chat


async def _app() -> FastAPI:
    # In a loop: outside of one Gradio makes its own and never closes it.
    app = FastAPI(docs_url=None, redoc_url=None)
    add_files(app)
    add_chat(app, Desk().handlers(), turns_at_once=2)
    close_doors(app, {"/": head_of("chat")})
    return app


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(asyncio.run(_app())) as client:
        yield client


def _directives(policy: str) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: rest for name, _, rest in parts}


def test_the_page_allows_no_other_host(client: TestClient) -> None:
    policy = _directives(client.get("/").headers["content-security-policy"])
    assert policy["default-src"] == "'none'"
    assert "http" not in " ".join(policy.values())
    assert "'unsafe-inline'" not in policy["script-src"]


def test_every_script_of_the_page_has_the_nonce_of_its_answer(client: TestClient) -> None:
    answers = [client.get("/"), client.get("/")]
    nonces = [re.findall(r"'nonce-([^']+)'", a.headers["content-security-policy"]) for a in answers]
    assert nonces[0] != nonces[1]
    for answer, (nonce,) in zip(answers, nonces, strict=True):
        scripts = re.findall(r"<script\b[^>]*>", answer.text)
        assert scripts
        assert all(f'nonce="{nonce}"' in script for script in scripts)


def test_the_page_names_no_other_host(client: TestClient) -> None:
    page = client.get("/").text
    addresses = re.findall(r"""(?:src|href|content)=["'](?:https?:)?//[^"']*""", page)
    assert addresses == []


def test_every_answer_has_the_headers(client: TestClient) -> None:
    for path in ("/", "/config", "/ui/chat.js", "/ui/styles/tokens.css", "/no/such/path"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example"]
)
def test_no_other_origin_is_let_in(client: TestClient, origin: str) -> None:
    for path in ("/", "/config", "/gradio_api/queue/join"):
        for method in ("GET", "OPTIONS"):
            asked = {
                "origin": origin,
                "access-control-request-method": "POST",
                "host": "desk.example",
            }
            headers = client.request(method, path, headers=asked).headers
            assert headers.get("access-control-allow-origin") is None


@pytest.mark.parametrize(
    "path",
    [
        *("/gradio_api/upload", "/gradio_api/vibe-edit/", "/gradio_api/proxy=https://a.example/"),
        *("/gradio_api/file=/etc/passwd", "/gradio_api/info", "/gradio_api/openapi.json"),
        *("/monitoring", "/gradio_api/run/send", "/gradio_api/call/send", "/login", "/docs"),
        *(
            "/gradio_api/deep_link",
            "/gradio_api/custom_component/1/client/x/y",
            "/gradio_api/token",
        ),
    ],
)
def test_what_the_page_does_not_need_is_not_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_a_question_cannot_go_round_the_queue(client: TestClient) -> None:
    send = next(
        dependency["id"]
        for dependency in client.get("/config").json()["dependencies"]
        if dependency["targets"][0][1] == "send"
    )
    body: dict[str, object] = {
        "fn_index": send,
        "data": [],
        "event_data": {"text": "?"},
        "session_hash": "s",
    }
    answer = client.post("/gradio_api/run/predict", json=body)
    assert answer.status_code in {404, 405}
    assert "queue" in answer.text


def test_gradio_keeps_to_the_limits_it_was_given(client: TestClient) -> None:
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config["footer_links"] == []
    assert "http" not in "".join(config["stylesheets"])
    send = next(d for d in config["dependencies"] if d["targets"][0][1] == "send")
    assert send["show_progress"] == "hidden"


def test_traversal_reaches_no_file(client: TestClient) -> None:
    for path in ("/ui/../server.py", "/ui/%2e%2e/server.py", "/ui/styles/..%2f..%2fREADME.md"):
        assert client.get(path).status_code == 404
