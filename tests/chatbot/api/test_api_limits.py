"""Bodies that are too large, lie about their length or never end; health and readiness; documents."""

import contextlib
import socket
import time
from collections.abc import Generator, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from chatbot.api.app import create_api
from chatbot.readiness import Readiness
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk, serving
from tests.knowledge.loading.office_files import zipped

LOCAL = {"Authorization": f"Bearer {LOCAL_TOKEN}"}
HEAD = (
    f"POST /api/v1/documents HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {LOCAL_TOKEN}\r\n"
    "Content-Type: multipart/form-data; boundary=b\r\n"
)


@contextlib.contextmanager
def connected(url: str) -> Generator[socket.socket]:
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=15) as line:
        yield line


def test_a_body_is_refused_by_its_declared_length_before_it_is_sent(desk: ScriptedDesk) -> None:
    with serving(desk.with_server(max_upload_mb=1).app()) as url, connected(url) as line:
        started = time.monotonic()
        line.sendall(f"{HEAD}Content-Length: 99000000\r\n\r\n".encode())
        assert line.recv(64).startswith(b"HTTP/1.1 413")
        assert time.monotonic() - started < 1


def test_a_body_without_a_length_is_cut_off_at_the_limit(desk: ScriptedDesk) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(4096):
            yield b"x" * 65536

    headers = {**LOCAL, "Content-Type": "multipart/form-data; boundary=b"}
    with serving(desk.with_server(max_upload_mb=1).app()) as url:
        started = time.monotonic()
        # The server answers and hangs up in mid-body; which of the two is seen first is chance.
        with contextlib.suppress(httpx.WriteError, httpx.RemoteProtocolError):
            response = httpx.post(f"{url}/api/v1/documents", content=endless(), headers=headers)
            assert response.status_code == 413
        assert time.monotonic() - started < 10
        assert not desk.library.records


def test_a_body_that_dribbles_is_given_up(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.api.guards._GRACE_SECONDS", 0.5)
    with serving(desk.app()) as url, connected(url) as line:
        line.sendall(f"{HEAD}Content-Length: 1000\r\n\r\n--b".encode())
        started = time.monotonic()
        assert line.recv(64).startswith(b"HTTP/1.1 408")
        assert time.monotonic() - started < 2


def test_a_head_that_never_ends_is_given_up_and_a_quiet_client_is_not(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.api.impatience.HEAD_SECONDS", 0.5)
    with serving(desk.app()) as url:
        with connected(url) as silent, connected(url) as dribbling:
            started = time.monotonic()
            dribbling.sendall(b"GET /healthz HTTP/1.1\r\nHo")
            assert silent.recv(64) == dribbling.recv(64) == b""
            assert time.monotonic() - started < 2
        with httpx.Client(base_url=url) as client:
            assert client.get("/healthz").status_code == 200
            time.sleep(0.8)
            assert client.get("/healthz").status_code == 200


def test_health_and_readiness(desk: ScriptedDesk) -> None:
    missing = ["language model (loading)", "index"]
    with TestClient(create_api(desk, missing=lambda: missing)) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        waiting = client.get("/readyz", headers={"Accept-Language": "zh"})
        assert waiting.status_code == 503
        assert waiting.json()["missing"] == missing
        assert "尚未就绪" in waiting.json()["detail"]
        missing.clear()
        assert client.get("/readyz").json() == {"status": "ready"}


def test_a_server_at_work_stays_ready_while_documents_come_in() -> None:
    class Part:
        is_finished = False
        state = "loading"

        def progress(self) -> "Part":
            return self

    part = Part()
    readiness = Readiness(part, part)
    assert len(readiness()) == 2
    part.state = "ready"
    part.is_finished = True
    assert readiness() == []
    part.is_finished = False
    assert readiness() == []


def test_documents_come_in_are_read_and_go(client: TestClient, desk: ScriptedDesk) -> None:
    client.headers.update(LOCAL)
    files = {"file": ("../../etc/faq.txt", "您好".encode())}
    added = client.post("/api/v1/documents", files=files, data={"collection": "客服"})
    assert added.status_code == 202
    (document,) = added.json()["documents"]
    assert document["name"] == "etc/faq.txt"
    assert document["collection"] == "客服"
    listed = client.get("/api/v1/documents", params={"collection": "客服"})
    assert listed.json() == {**added.json(), "next": None}
    elsewhere = client.get("/api/v1/documents", params={"collection": "x"})
    assert elsewhere.json() == {"documents": [], "next": None}
    place = f"/api/v1/documents/{document['id']}"
    assert client.get(place).json() == document
    assert client.get(f"{place}/text").json()["text"] == "您好"
    assert client.delete(place).status_code == 204
    for call in (client.get(place), client.get(f"{place}/text"), client.delete(place)):
        assert call.status_code == 404
        assert call.json()["code"] == "document_not_found"
    lines = {"file": ("ready.jsonl", b'{"id": "1"}\n{"id": "2"}')}
    assert len(client.post("/api/v1/documents", files=lines).json()["documents"]) == 2
    assert client.post("/api/v1/documents").status_code == 422


def test_an_archive_is_taken_in_as_what_it_holds(client: TestClient) -> None:
    client.headers.update(LOCAL)
    archive = zipped({"a.md": "# A", "说明.txt": "您好", "evil.exe": b"MZ\x90"})
    added = client.post("/api/v1/documents", files={"file": ("Guides.ZIP", archive)})
    assert added.status_code == 202
    documents = added.json()["documents"]
    assert [(item["name"], item["bundle"]) for item in documents] == [
        ("a.md", "Guides.ZIP"),
        ("说明.txt", "Guides.ZIP"),
    ]
    broken = client.post("/api/v1/documents", files={"file": ("b.zip", b"PK\x03\x04")})
    assert broken.status_code == 422
    assert "b.zip" in broken.json()["detail"]


def test_search_by_get_and_by_post_say_the_same(client: TestClient) -> None:
    client.headers.update(LOCAL)
    by_get = client.get("/api/v1/search", params={"q": "returns", "k": 3})
    by_post = client.post("/api/v1/search", json={"query": "returns", "k": 3})
    assert by_get.json() == by_post.json()
    assert by_get.json()["hits"][0]["keyword_rank"] == 1
    for bad in ({"query": ""}, {"query": "a", "k": 0}, {"query": "\x00\x01"}, {"q": "a"}):
        assert client.post("/api/v1/search", json=bad).status_code == 422


def test_the_team_reads_conversations(client: TestClient) -> None:
    by_team = client.post("/api/v1/chat", json={"message": "How long?"}, headers=LOCAL)
    answer = by_team.json()
    place = f"/api/v1/conversations/{answer['conversation_id']}"
    assert client.get(place).status_code == 401
    client.headers.update(LOCAL)
    conversation = client.get(place).json()
    assert conversation["turns"][0]["question"] == "How long?"
    assert conversation["turns"][0]["answer"] == answer
    assert client.get("/api/v1/conversations/none").status_code == 404
    assert client.get("/api/v1/conversations/unanswered").json() == {"turns": [], "next": None}
