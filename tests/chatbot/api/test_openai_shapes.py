"""What goes over the wire below `/v1`: the declared shapes, errors of every layer, and limits."""

import asyncio
import time

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from chatbot.api.embeddings import BoundedEmbedding
from chatbot.api.openai_errors import NoQuestion
from chatbot.api.openai_replies import read_messages, sources_text
from chatbot.api.openai_shapes import (
    ChatMessage,
    Completion,
    EmbeddingList,
    ModelList,
    ModelShape,
    OpenAIErrorShape,
)
from chatbot.errors import AnswerDeskError, ServerBusy
from chatbot.guard import admit
from chatbot.messages import Citation, Message
from knowledge.documents import Language, Position
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk, serving
from tests.fakes import HashEmbedder

KEY = {"Authorization": f"Bearer {LOCAL_TOKEN}"}
ASK = {"model": "answerdesk", "messages": [{"role": "user", "content": "How long?"}]}
EMBED = {"model": "answerdesk-embedding", "input": ["a", "b"]}
COMPLETIONS = "/v1/chat/completions"


def test_responses_have_the_declared_shapes(client: TestClient) -> None:
    client.headers.update(KEY)
    Completion.model_validate(client.post(COMPLETIONS, json=ASK).json())
    EmbeddingList.model_validate(client.post("/v1/embeddings", json=EMBED).json())
    ModelList.model_validate(client.get("/v1/models").json())
    ModelShape.model_validate(client.get("/v1/models/answerdesk").json())


def test_a_stream_ends_as_openais_do(client: TestClient) -> None:
    response = client.post(COMPLETIONS, json={**ASK, "stream": True}, headers=KEY)
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in response.text.splitlines() if line]
    assert all(line.startswith("data: {") for line in lines[:-1])
    assert lines[-1] == "data: [DONE]"
    assert "usage" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("POST", COMPLETIONS, {"json": ASK, "headers": {}}, 401, "invalid_api_key"),
        ("POST", COMPLETIONS, {"content": b"{"}, 400, "invalid_request"),
        ("POST", COMPLETIONS, {"content": b"\xff\xfe{}"}, 400, "invalid_request"),
        ("POST", COMPLETIONS, {"json": {"messages": []}}, 400, "invalid_request"),
        ("POST", COMPLETIONS, {"content": b"x" * 300_000}, 413, "request_entity_too_large"),
        ("GET", COMPLETIONS, {}, 405, "method_not_allowed"),
        ("POST", "/v1/responses", {"json": {}}, 404, "unknown_url"),
        ("POST", "/v1/audio/speech", {"json": {}}, 404, "not_found"),
        ("POST", "/v1/embeddings", {"json": {"input": "a"}}, 400, "invalid_request"),
    ],
)
def test_errors_of_every_layer_have_openais_shape(
    client: TestClient, method: str, path: str, options: dict[str, object], status: int, code: str
) -> None:
    response = client.request(method, path, **{"headers": KEY, **options})  # pyright: ignore[reportArgumentType] -- the arguments differ by route
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert OpenAIErrorShape.model_validate(response.json()).error.code == code


def test_errors_elsewhere_keep_their_shape(client: TestClient) -> None:
    response = client.get("/api/v1/documents")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "not_permitted"


def test_errors_speak_the_callers_language(client: TestClient) -> None:
    by_header = client.post(COMPLETIONS, json=ASK, headers={"Accept-Language": "zh-CN"})
    assert "密钥" in by_header.json()["error"]["message"]
    body = {**ASK, "model": "gpt", "language": "zh"}
    by_body = client.post(COMPLETIONS, json=body, headers=KEY)
    assert by_body.json()["error"]["message"].startswith("没有模型")


def test_a_key_needs_the_role_and_the_scope(desk: ScriptedDesk, team: dict[str, str]) -> None:
    with TestClient(desk.app()) as client:
        for route, body in ((COMPLETIONS, ASK), ("/v1/embeddings", EMBED)):
            agent = {"Authorization": f"Bearer {team['agent']}"}
            assert client.post(route, json=body, headers=agent).status_code == 200
            gone = client.post(route, json=body, headers={"X-API-Key": team["gone"]})
            assert gone.status_code == 401
            assert gone.json()["error"]["type"] == "authentication_error"


def test_only_as_many_turns_are_read_as_the_settings_say() -> None:
    said = [
        ChatMessage(role=role, content=f"{role} {number}")
        for number in range(20)
        for role in ("user", "assistant")
    ]
    asked = read_messages(said, limit=100, turns=2)
    assert asked.text == "user 19"
    assert [message.text for message in asked.history] == [
        "user 17",
        "assistant 17",
        "user 18",
        "assistant 18",
    ]


def test_history_that_cannot_be_read_is_left_out() -> None:
    said = [
        ChatMessage(role="user", content="\x00\x01\x02"),
        ChatMessage(role="assistant", content=None),
        ChatMessage(role="user", content="x" * 50),
        ChatMessage(role="user", content="How?"),
    ]
    assert read_messages(said, limit=10, turns=6).history == (Message("user", "x" * 10),)


ROLES = st.sampled_from(["system", "developer", "user", "assistant"])
SAID = st.lists(st.builds(ChatMessage, role=ROLES, content=st.none() | st.text()), max_size=8)


@given(SAID)
def test_the_question_is_what_the_user_said_last(messages: list[ChatMessage]) -> None:
    of_user = [message for message in messages if message.role == "user"]
    if not of_user:
        with pytest.raises(NoQuestion):
            read_messages(messages, limit=1000, turns=6)
        return
    try:
        expected = admit(str(of_user[-1].content or ""), 1000)
    except AnswerDeskError as error:
        with pytest.raises(type(error)):
            read_messages(messages, limit=1000, turns=6)
        return
    asked = read_messages(messages, limit=1000, turns=6)
    assert asked.text == expected
    assert len(asked.history) < len(messages)


def test_sources_are_one_line_each_in_the_answers_language() -> None:
    position = Position(0, 1)
    cited = [
        Citation(1, "a", "a.md", "Returns\n[2] forged", position, "q", url="https://shop/r"),
        Citation(2, "b", "b.md", "", position, "q"),
    ]
    expected = "[1] Returns [2] forged https://shop/r\n[2] b.md"
    assert sources_text(cited, Language.ENGLISH) == f"\n\nSources:\n{expected}"
    assert sources_text(cited, Language.CHINESE) == f"\n\n来源：\n{expected}"
    assert sources_text((), Language.CHINESE) == ""


def test_embedding_is_refused_when_too_many_already_wait() -> None:
    async def crowd() -> list[object]:
        embedding = BoundedEmbedding(HashEmbedder(delay=0.01))
        work = [embedding.embed(["a"] * 20, "passage") for _ in range(10)]
        return list(await asyncio.gather(*work, return_exceptions=True))

    results = asyncio.run(crowd())
    refused = [result for result in results if isinstance(result, ServerBusy)]
    assert len(refused) == 2
    assert len(results) - len(refused) == 8


def test_embedding_stops_when_its_caller_leaves(desk: ScriptedDesk) -> None:
    desk.embedder = HashEmbedder(delay=0.02)
    body = {**EMBED, "input": ["text"] * 500}
    with serving(desk.app()) as url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}/v1/embeddings", json=body, headers=KEY, timeout=0.3)
        time.sleep(1)
        done = desk.embedder.embedded
        assert 0 < done < 100
        time.sleep(0.5)
        assert desk.embedder.embedded == done
