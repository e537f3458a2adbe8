"""The page to sign in."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ui.pages.login import local_path, login_url, router


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as client:
        yield client


def test_the_form_goes_to_the_api(client: TestClient) -> None:
    page = client.get("/login").text
    assert '<form method="post" action="/login">' in page
    assert 'name="next" value="/admin"' in page
    assert 'type="password"' in page
    assert "alert" not in page


@pytest.mark.parametrize(
    ("code", "english", "chinese"),
    [
        ("wrong_password", "not right", "不正确"),
        ("too_many_attempts", "Too many attempts", "尝试次数过多"),
    ],
)
def test_a_failed_attempt_says_why(
    client: TestClient, code: str, english: str, chinese: str
) -> None:
    assert english in client.get(f"/login?error={code}&lang=en").text
    assert chinese in client.get(f"/login?error={code}&lang=zh").text


def test_an_unknown_code_says_nothing(client: TestClient) -> None:
    page = client.get("/login?error=<script>alert(1)</script>").text
    assert "alert" not in page


def test_the_language_follows_the_browser_until_one_is_chosen(client: TestClient) -> None:
    client.cookies.clear()
    chinese = {"accept-language": "zh-CN"}
    assert 'lang="zh-Hans"' in client.get("/login", headers=chinese).text
    assert "Sign in to AnswerDesk" in client.get("/login?lang=en", headers=chinese).text
    assert "Sign in to AnswerDesk" in client.get("/login", headers=chinese).text
    client.cookies.clear()


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "evil.example",
        "http:evil",
        "/\n/evil.example",
        "",
        " /admin",
    ],
)
def test_the_way_back_stays_on_this_site(client: TestClient, target: str) -> None:
    assert local_path(target) == "/admin"
    page = client.get("/login", params={"next": target}).text
    assert 'name="next" value="/admin"' in page


@pytest.mark.parametrize("target", ["/admin", "/admin/zh", "/admin/en?x=1&y=2", "/"])
def test_a_local_way_back_is_kept(client: TestClient, target: str) -> None:
    assert local_path(target) == target
    escaped = target.replace("&", "&amp;")
    assert f'name="next" value="{escaped}"' in client.get(login_url(target)).text
