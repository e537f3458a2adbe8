"""Who gets into the admin, and what each member may do there."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request

from chatbot.api.access import SESSION_COOKIE, Gate
from chatbot.errors import NotAllowed
from chatbot.widgets.model import Widget
from knowledge.documents import Language
from knowledge.errors import DocumentNotFound
from tests.e2e.scripted_admin import PASSWORD, AdminDesk, make_app, open_desk
from ui.handlers_admin import Desk
from ui.handlers_admin.document import DocumentHandlers
from ui.handlers_admin.inbox import InboxHandlers
from ui.handlers_admin.knowledge import KnowledgeHandlers, TableView
from ui.handlers_admin.overview import OverviewHandlers
from ui.handlers_admin.rules import RulesHandlers
from ui.handlers_admin.search import SearchHandlers
from ui.handlers_admin.settings import SettingsHandlers
from ui.handlers_admin.synonyms import SynonymHandlers
from ui.handlers_admin.widget import WidgetHandlers

# Everything that Gradio serves under a mount, whether the pages use it or not.
ROUTES = [
    ("GET", "/preview"),
    ("GET", ""),
    ("GET", "/"),
    ("GET", "/en"),
    ("GET", "/zh"),
    ("GET", "/config"),
    ("GET", "/theme.css"),
    ("GET", "/assets/index.js"),
    ("GET", "/static/img/logo.svg"),
    ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/app_id"),
    ("GET", "/gradio_api/startup-events"),
    ("GET", "/gradio_api/heartbeat/session"),
    ("GET", "/gradio_api/queue/data?session_hash=session"),
    ("GET", "/gradio_api/queue/status"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("GET", "/gradio_api/upload_progress?upload_id=1"),
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/queue/join"),
    ("POST", "/gradio_api/run/predict"),
    ("POST", "/gradio_api/cancel"),
    ("POST", "/gradio_api/reset"),
    ("POST", "/gradio_api/component_server"),
    ("POST", "/login"),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminDesk]:
    with open_desk(tmp_path_factory.mktemp("admin")) as desk:
        yield desk


@pytest.fixture(scope="module")
def app(desk: AdminDesk) -> Iterator[TestClient]:
    async def make() -> FastAPI:
        return make_app(desk)

    # In a loop: outside of one Gradio makes its own and never closes it.
    app, origin = asyncio.run(make()), {"origin": "http://testserver"}
    with TestClient(app, follow_redirects=False, headers=origin) as client:
        yield client


@pytest.fixture
def client(app: TestClient) -> TestClient:
    app.cookies.clear()
    return app


def sign_in(client: TestClient, name: str) -> None:
    answer = client.post("/login", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nothing_under_the_admin_answers_a_stranger(
    client: TestClient, method: str, path: str
) -> None:
    answer = client.request(method, f"/admin{path}", json={})
    assert answer.status_code == 401
    assert "gradio" not in answer.text.lower()


@pytest.mark.parametrize("path", ["/admin", "/admin/en", "/admin/zh"])
def test_a_stranger_with_a_browser_is_led_to_the_login_and_back(
    client: TestClient, path: str
) -> None:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 303
    login = client.get(answer.headers["location"])
    assert f'name="next" value="{path}"' in login.text


def test_a_member_is_led_to_the_language_chosen_before(client: TestClient) -> None:
    sign_in(client, "agent")
    chinese = {"accept": "text/html", "accept-language": "zh-CN,zh;q=0.9"}
    assert client.get("/admin", headers=chinese).headers["location"] == "/admin/zh"
    client.cookies.set("answerdesk_language", "en")
    assert client.get("/admin", headers=chinese).headers["location"] == "/admin/en"


@pytest.mark.parametrize("path", ["/admin/en", "/admin/zh", "/admin/config"])
def test_a_member_gets_in(client: TestClient, path: str) -> None:
    sign_in(client, "agent")
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/cancel", "/monitoring"],
)
def test_what_the_pages_do_not_use_is_not_there_for_members_either(
    client: TestClient, path: str
) -> None:
    sign_in(client, "admin")
    assert client.post(f"/admin{path}", json={}).status_code == 404


def test_a_session_ends_at_once_with_sign_out_and_suspension(
    client: TestClient, desk: AdminDesk
) -> None:
    sign_in(client, "editor")
    token = client.cookies[SESSION_COOKIE]
    client.post("/logout")
    client.cookies.set(SESSION_COOKIE, token)
    assert client.get("/admin/en").status_code == 401
    sign_in(client, "editor")
    desk.accounts.set_suspended("editor", suspended=True)
    assert client.get("/admin/en").status_code == 401
    desk.accounts.set_suspended("editor", suspended=False)


@pytest.mark.parametrize("headers", [{"authorization": "Bearer adk_wrong"}, {"x-api-key": "x"}])
def test_a_wrong_key_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/admin/en", headers=headers).status_code == 401


def test_an_event_of_another_site_is_refused(client: TestClient) -> None:
    sign_in(client, "admin")
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    answer = client.post("/admin/gradio_api/queue/join", json={}, headers=headers)
    assert answer.status_code == 403


def asked_by(desk: AdminDesk, name: str | None) -> gr.Request:
    token = desk.accounts.sign_in(name, PASSWORD) if name else "forged"
    cookie = (b"cookie", f"{SESSION_COOKIE}={token}".encode())
    scope = {"type": "http", "scheme": "http", "path": "/admin", "headers": [cookie]}
    return gr.Request(Request(scope))


def pressed(**data: str) -> gr.EventData:
    return gr.EventData(None, data)


@pytest.fixture(scope="module")
def admin(desk: AdminDesk) -> Desk:
    return Desk(desk, Gate(desk.accounts, desk.settings.server), Language.ENGLISH)


HANDLERS: dict[str, Callable[[Desk, gr.Request], object]] = {
    "overview": lambda desk, who: OverviewHandlers(desk).show(who),
    "period": lambda desk, who: OverviewHandlers(desk).choose(pressed(days="7"), who),
    "inbox": lambda desk, who: InboxHandlers(desk).refresh(pressed(conversation="x"), who),
    "widgets": lambda desk, who: WidgetHandlers(desk).show(pressed(widget="new"), who),
    "table": lambda desk, who: KnowledgeHandlers(desk).table(TableView(), who),
    "filter": lambda desk, who: KnowledgeHandlers(desk).narrowed("a", "", "", TableView(), who),
    "clear": lambda desk, who: KnowledgeHandlers(desk).cleared(TableView(), who),
    "turn": lambda desk, who: KnowledgeHandlers(desk).turned(TableView(), pressed(page="2"), who),
    "collections": lambda desk, who: KnowledgeHandlers(desk).collections(who),
    "open": lambda desk, who: DocumentHandlers(desk).open(pressed(id="x"), who),
    "switch": lambda desk, who: DocumentHandlers(desk).switch(pressed(id="x"), who),
    "language": lambda desk, who: DocumentHandlers(desk).say_language(pressed(id="x"), who),
    "move": lambda desk, who: DocumentHandlers(desk).move(pressed(id="x"), who),
    "edit": lambda desk, who: DocumentHandlers(desk).save_passage(pressed(id="x"), who),
    "ask restore": lambda desk, who: DocumentHandlers(desk).ask_restore(pressed(id="x"), who),
    "restore": lambda desk, who: DocumentHandlers(desk).restore(pressed(id="x"), who),
    "retry": lambda desk, who: DocumentHandlers(desk).retry(pressed(id="x"), who),
    "bundle": lambda desk, who: KnowledgeHandlers(desk).show_bundle(
        TableView(), pressed(id="x"), who
    ),
    "ask bundle": lambda desk, who: KnowledgeHandlers(desk).ask_delete_bundle(pressed(id="x"), who),
    "delete bundle": lambda desk, who: KnowledgeHandlers(desk).delete_bundle(
        TableView(), pressed(id="x"), who
    ),
    "ask": lambda desk, who: KnowledgeHandlers(desk).ask_delete(pressed(id="x"), who),
    "delete": lambda desk, who: KnowledgeHandlers(desk).delete(TableView(), pressed(id="x"), who),
    "rules": lambda desk, who: list(RulesHandlers(desk).show(who)),
    "try": lambda desk, who: RulesHandlers(desk).attempt("refund", who),
    "search page": lambda desk, who: SearchHandlers(desk).show(who),
    "search": lambda desk, who: SearchHandlers(desk).search("refund", "default", who),
    "why": lambda desk, who: SearchHandlers(desk).why("a", "", pressed(expected="x"), who),
    "synonyms": lambda desk, who: SynonymHandlers(desk).show(who),
    "save synonyms": lambda desk, who: SynonymHandlers(desk).save(pressed(text="a"), who),
    "settings": lambda desk, who: SettingsHandlers(desk).show(who),
}


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=list(HANDLERS))
def test_no_handler_works_for_a_stranger(
    desk: AdminDesk, admin: Desk, handler: Callable[[Desk, gr.Request], object]
) -> None:
    for who in (asked_by(desk, None), gr.Request()):
        with pytest.raises(gr.Error, match="Sign in again"):
            handler(admin, who)


EDITS = {
    *("ask", "delete", "switch", "language", "move", "edit", "ask restore", "restore", "retry"),
    *("ask bundle", "delete bundle", "save synonyms"),
}


@pytest.mark.parametrize("name", sorted(EDITS))
def test_an_agent_may_change_nothing(desk: AdminDesk, admin: Desk, name: str) -> None:
    with pytest.raises(NotAllowed):
        HANDLERS[name](admin, asked_by(desk, "agent"))


@pytest.mark.parametrize("name", sorted(HANDLERS.keys() - EDITS - {"open", "bundle", "why"}))
def test_an_agent_may_read(desk: AdminDesk, admin: Desk, name: str) -> None:
    assert HANDLERS[name](admin, asked_by(desk, "agent"))


def test_the_secret_and_the_buttons_of_a_widget_are_for_those_who_may(
    desk: AdminDesk, admin: Desk
) -> None:
    widget = desk.widgets.add(Widget("", "Shop"))
    shown = {
        role: WidgetHandlers(admin).show(pressed(widget=widget.id), asked_by(desk, role))
        for role in ("agent", "editor", "admin")
    }
    assert "<fieldset disabled>" in shown["agent"]
    for role, buttons in (("agent", 0), ("editor", 1), ("admin", 1)):
        assert shown[role].count('data-do="delete"') == buttons
        assert shown[role].count('data-do="reveal"') == (role == "admin")
        assert desk.widgets.identity_secret(widget.id) not in shown[role]


def test_only_the_admin_may_show_a_page_in_a_frame(client: TestClient) -> None:
    sign_in(client, "agent")
    assert "frame-src 'self'" in client.get("/admin/en").headers["content-security-policy"]
    assert "frame-src" not in client.get("/login").headers["content-security-policy"]
    preview = client.get("/admin/preview").headers
    assert "frame-ancestors 'self'" in preview["content-security-policy"]
    assert "unsafe" not in preview["content-security-policy"]


def test_only_an_editor_deletes(desk: AdminDesk, admin: Desk, tmp_path: Path) -> None:
    record = desk.library.add_file("a.md", b"# Alpha\n\nText.", collection="default")
    desk.library.wait(30)
    handlers = KnowledgeHandlers(admin)
    with pytest.raises(NotAllowed):
        handlers.ask_delete(pressed(id=record.id), asked_by(desk, "agent"))
    with pytest.raises(NotAllowed):
        handlers.delete(TableView(), pressed(id=record.id), asked_by(desk, "agent"))
    assert desk.library.get(record.id)
    assert "ask_delete" not in handlers.table(TableView(), asked_by(desk, "agent")).html
    editor = asked_by(desk, "editor")
    assert "ask_delete" in handlers.table(TableView(), editor).html
    question = handlers.ask_delete(pressed(id=record.id), editor)
    assert "its 1 passage" in question
    assert handlers.delete(TableView(), pressed(id=record.id), editor)[0] == ""
    with pytest.raises(DocumentNotFound):
        desk.library.get(record.id)


def test_an_unexpected_error_is_kind_and_says_nothing_of_its_cause(admin: Desk) -> None:
    def broken() -> str:
        raise RuntimeError("/secret/path")

    with pytest.raises(gr.Error) as raised:
        admin.guarded(broken)()
    assert "secret" not in raised.value.message


def test_a_known_error_speaks_the_language_of_the_page(desk: AdminDesk) -> None:
    chinese = Desk(desk, Gate(desk.accounts, desk.settings.server), Language.CHINESE)
    open_one = chinese.guarded(DocumentHandlers(chinese).open)
    with pytest.raises(gr.Error, match="没有文档"):
        open_one(pressed(id="nope"), asked_by(desk, "agent"))
