"""Fetching pages and sites over HTTP, from a real site on loopback."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from chatbot.errors import InvalidSettings
from chatbot.settings import load_settings
from knowledge.web.jobs import WebFetching
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk
from tests.knowledge.web.web_parts import HASTY
from tests.knowledge.web.web_site import WebSite, file, html, serving

PLACE = "/api/v1/documents/fetch"
PAGES = {
    "/help/": html("<h1>Help</h1><p>Welcome.</p><a href=a.html>a</a><a href=gone.html>b</a>"),
    "/help/a.html": html("<p>Returns are free.</p>"),
}


@pytest.fixture
def shop() -> Iterator[WebSite]:
    with serving(PAGES) as site:
        yield site


@pytest.fixture
def editor(desk: ScriptedDesk) -> Iterator[TestClient]:
    web = WebFetching(desk.settings.data_dir / "fetched", desk.library, HASTY)
    with TestClient(replace(desk, web=web).app(), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {LOCAL_TOKEN}"
        yield client
    web.close()


def over(client: TestClient, job_id: str) -> dict[str, Any]:
    """The job when it is over."""
    deadline = time.monotonic() + 20
    while True:
        job = client.get(f"{PLACE}/{job_id}").json()
        if job["state"] not in ("waiting", "running"):
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.02)


def test_a_site_becomes_documents(editor: TestClient, desk: ScriptedDesk, shop: WebSite) -> None:
    order = {"url": f"{shop.origin}/help/", "site": True, "collection": "help"}
    answer = editor.post(PLACE, json=order)
    assert answer.status_code == 202
    assert answer.json().items() >= {**order, "depth": 3, "max_pages": 500}.items()
    job = over(editor, answer.json()["id"])
    assert (job["state"], job["taken"], job["failed"], job["found"]) == ("done", 2, 1, 3)
    assert job["problems"][0]["url"].endswith("/help/gone.html")
    records = [desk.library.get(key) for key in job["documents"]]
    assert {record.url for record in records} == {
        f"{shop.origin}/help/",
        f"{shop.origin}/help/a.html",
    }
    assert {(record.collection, record.bundle) for record in records} == {
        ("help", f"{shop.origin}/help/")
    }
    assert editor.get(PLACE).json() == {"jobs": [job]}


def test_what_went_wrong_is_said_in_the_callers_language(editor: TestClient, shop: WebSite) -> None:
    started = editor.post(PLACE, json={"url": f"{shop.origin}/none"}).json()
    assert over(editor, started["id"])["reason"].endswith("does not exist (the site answers 404).")
    editor.headers["Accept-Language"] = "zh"
    assert "不存在（网站返回 404）" in over(editor, started["id"])["reason"]


def test_a_job_is_stopped_and_goes_on(editor: TestClient, shop: WebSite) -> None:
    shop.files["/robots.txt"] = file("User-agent: *\nCrawl-delay: 20", "text/plain")
    order = {"url": f"{shop.origin}/help/", "site": True}
    job_id = editor.post(PLACE, json=order).json()["id"]
    while not shop.paths:
        time.sleep(0.02)
    started = time.monotonic()
    assert editor.delete(f"{PLACE}/{job_id}").status_code == 204
    assert editor.get(f"{PLACE}/{job_id}").json()["state"] == "stopped"
    assert over(editor, job_id)["state"] == "stopped"
    assert time.monotonic() - started < 2
    assert editor.delete(f"{PLACE}/{job_id}").status_code == 204


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/etc/passwd",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "data:text/html,hello",
        "ftp://example.com/",
        "http://user:secret@example.com/",
        "http://",
        "http://[::1",
        "http://example.com:99999/",
        "http://" + "a" * 3000,
    ],
)
def test_what_is_no_web_address_is_refused_at_once(editor: TestClient, url: str) -> None:
    assert editor.post(PLACE, json={"url": url}).status_code == 422
    assert editor.get(PLACE).json() == {"jobs": []}


@pytest.mark.parametrize(
    "more",
    [{"depth": -1}, {"depth": 21}, {"max_pages": 0}, {"collection": ""}, {"robots": False}],
)
def test_limits_are_kept(editor: TestClient, shop: WebSite, more: dict[str, object]) -> None:
    assert editor.post(PLACE, json={"url": shop.origin, **more}).status_code == 422
    assert shop.asked == []


def test_private_addresses_are_refused_unless_a_setting_says_otherwise(
    client: TestClient, shop: WebSite
) -> None:
    client.headers["Authorization"] = f"Bearer {LOCAL_TOKEN}"
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        url = shop.origin.replace("127.0.0.1", host)
        job = over(client, client.post(PLACE, json={"url": url}).json()["id"])
        assert job["state"] == "failed"
        assert "private or reserved network" in job["reason"]
    assert shop.asked == []


def test_nobody_orders_more_pages_than_the_settings_allow(
    editor: TestClient, shop: WebSite
) -> None:
    job = editor.post(PLACE, json={"url": shop.origin, "max_pages": 1_000_000}).json()
    assert job["max_pages"] == 10_000


@pytest.mark.parametrize("agent", ["", " ", "a\nX-Evil: 1", "a\r", "机器人", "a" * 300])
def test_a_user_agent_that_would_split_requests_stops_the_start(agent: str) -> None:
    with pytest.raises(InvalidSettings, match=r"fetch\.user_agent"):
        load_settings(fetch={"user_agent": agent})
