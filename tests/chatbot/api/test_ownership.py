"""Every route of the OpenAPI document against every kind of caller, about things of visitor A.

Who may not is refused, is told nothing of them, and changes nothing.
"""

import re
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from chatbot.accounts import Role
from chatbot.api.needs import Need
from chatbot.scopes import SCOPES
from chatbot.webhooks.model import Webhook
from chatbot.widgets.model import Widget
from knowledge.curated.model import CuratedAnswer
from knowledge.web.errands import Order
from tests.chatbot.api.every_route import EVERY_ROUTE, call, documented_routes, is_widgets
from tests.chatbot.api.scripted_desk import PASSWORD, ScriptedDesk, add_team
from tests.chatbot.api.widget_site import OTHER, SHOP, Browser, add_widget

# In everything that is there, and in no answer to somebody it is not for.
CANARY: Final = "xkcd-canary"
A: Final = {"X-Visitor-Token": "a" * 40}
B: Final = {"X-Visitor-Token": "b" * 40}
SAME_ORIGIN: Final = {"Sec-Fetch-Site": "same-origin"}
# What belongs to a visitor, who alone may go on with it.
OF_A_VISITOR: Final = {
    "POST /api/v1/chat",
    "GET /api/v1/chat/{conversation_id}/events",
    "POST /api/v1/feedback",
}
ROUTES: Final = [route for route in EVERY_ROUTE if not is_widgets(route)]


@dataclass
class Office:
    """A desk that has a bit of everything, and those who come to it."""

    desk: ScriptedDesk
    client: TestClient
    keys: Mapping[str, str]

    def things(self) -> dict[str, str]:
        """New things, by the names of the parameters that routes know them by."""
        self.client.cookies.clear()  # of whoever has signed in
        said = self.client.post("/api/v1/chat", json={"message": CANARY}, headers=A).json()
        hook = Webhook(f"http://127.0.0.1:9/{CANARY}", ("feedback.given",))
        document = self.desk.library.add_file(f"{CANARY}.txt", CANARY.encode(), collection=CANARY)
        self.desk.rules.publish("canary.yaml", f"rules: [] # {CANARY}")
        return {
            "conversation_id": said["conversation_id"],
            "turn_id": said["turn_id"],
            "document_id": document.id,
            "job_id": self.desk.web.start(Order(f"http://127.0.0.1:9/{CANARY}")).id,
            "key_id": self.desk.accounts.keys.add("agent", CANARY).key.id,
            "webhook_id": self.desk.webhooks.add(hook).id,
            "widget_id": self.desk.widgets.add(Widget("", CANARY, (SHOP,))).id,
            "version": "1",
            "name": "canary.yaml",
            "model": "answerdesk",
            "answer_id": self.desk.answers.add(
                CuratedAnswer((f"{CANARY} {secrets.token_hex(4)}?",), answer_en=CANARY)
            ).id,
        }

    def state(self) -> object:
        """Everything that is kept; not when keys were used."""
        path = self.desk.settings.data_dir / "answerdesk.db"
        with closing(sqlite3.connect(path)) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = {name: _rows(database, name) for (name,) in names.fetchall()}
        rules = {file.name: file.read_bytes() for file in self.desk.rules.files()}
        return tables, rules, dict(self.desk.library.records)

    def headers(self, caller: str) -> Mapping[str, str]:
        """How `caller` makes itself known."""
        if caller in ("anonymous", "visitor A", "visitor B"):
            own = {"anonymous": {}, "visitor A": A, "visitor B": B}[caller]
            return {**SAME_ORIGIN, **own}
        key = self.keys["gone" if caller == "suspended" else caller]
        return {"Authorization": f"Bearer {key}"}


def _rows(database: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    rows = database.execute(f"SELECT * FROM {table}")  # noqa: S608 -- a name of our own
    names = [column[0] for column in rows.description]
    kept = [i for i, name in enumerate(names) if name != "last_used_on"]
    return [tuple(row[i] for i in kept) for row in rows.fetchall()]


@pytest.fixture
def office(desk: ScriptedDesk) -> Iterator[Office]:
    with TestClient(desk.app(), raise_server_exceptions=False) as client:
        yield Office(desk, client, add_team(desk))


def request_for(route: str, ids: Mapping[str, str]) -> Mapping[str, Any]:
    """The request's arguments, about the things with those ids."""
    given = dict(EVERY_ROUTE[route].given)
    named: dict[str, dict[str, object]] = {
        "POST /api/v1/chat": {"conversation_id": ids["conversation_id"]},
        "POST /api/v1/feedback": {
            "conversation_id": ids["conversation_id"],
            "turn_id": ids["turn_id"],
        },
        "PUT /api/v1/documents/{document_id}/passages": {"passage_id": f"{ids['document_id']}-0"},
        "POST /api/v1/search/explain": {"passage_id": f"{ids['document_id']}-0"},
        "POST /login": {"password": PASSWORD},
    }
    if route in named:
        given["json"] = {**given["json"], **named[route]}
    return given


def verdict(route: str, caller: str) -> int | None:
    """The status with which `caller` is to be refused; None when they are let in."""
    need = EVERY_ROUTE[route].need
    roles = {role.label: role for role in Role}
    if caller == "suspended":
        return 401
    if route in OF_A_VISITOR:
        return None if caller == "visitor A" else 404
    if isinstance(need, Role):
        if caller not in roles:
            return 401
        return None if roles[caller] >= need else 403
    return None


def test_every_route_of_the_document_is_in_the_table(office: Office) -> None:
    assert sorted(documented_routes(office.client)) == sorted(EVERY_ROUTE)


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_not_for_a_caller_is_neither_told_nor_changed(office: Office, route: str) -> None:
    callers = ("anonymous", "visitor B", "suspended", "visitor A", "agent", "editor", "admin")
    ids = office.things()
    for caller in callers:
        expected = verdict(route, caller)
        if expected is None and EVERY_ROUTE[route].endless:
            continue
        if expected is None:
            ids = office.things()
        before = office.state()
        headers = office.headers(caller)
        office.client.cookies.clear()
        answer = call(office.client, route, headers, ids, request_for(route, ids))
        about = (route, caller, answer.status_code, answer.text[:200])
        if expected is None:
            assert answer.status_code not in (401, 403, 404), about
            assert answer.status_code < 500, about
        else:
            assert answer.status_code == expected, about
            assert CANARY not in answer.text, about
            assert office.state() == before, about


# A file of rules that is not there is a fault of the request: 422 names it.
@pytest.mark.parametrize("route", [r for r in ROUTES if "{" in r and "{name}" not in r])
def test_an_id_of_nobody_is_not_found(office: Office, route: str) -> None:
    before = office.state()
    answer = call(office.client, route, office.headers("admin"))
    assert answer.status_code == 404, answer.text
    assert office.state() == before


@pytest.mark.parametrize("route", ROUTES)
def test_a_key_opens_what_its_scopes_name_and_nothing_else(office: Office, route: str) -> None:
    asked = EVERY_ROUTE[route]
    if asked.need is Need.NOTHING:
        return
    keys, ids = office.desk.accounts.keys, office.things()
    others = keys.add("admin", scopes=[scope for scope in SCOPES if scope != asked.scope]).secret
    only = keys.add("admin", scopes=[asked.scope]).secret
    before = office.state()
    refused = call(office.client, route, {"X-API-Key": others}, ids, request_for(route, ids))
    assert refused.status_code == 403, (route, refused.text)
    assert asked.scope in refused.text
    assert office.state() == before
    if not asked.endless:
        let_in = call(office.client, route, {"X-API-Key": only}, ids, request_for(route, ids))
        missing = 404 if route in OF_A_VISITOR else None  # let in, but it is another's
        assert let_in.status_code not in {401, 403, 404} - {missing}, (route, let_in.text)


def test_a_key_makes_no_key_that_may_do_more_than_itself(office: Office) -> None:
    weak = office.desk.accounts.keys.add("admin", scopes=["admin", "search"]).secret

    def make(scopes: list[str] | None) -> int:
        body = {"owner": "admin", "scopes": scopes}
        return office.client.post(
            "/api/v1/keys", json=body, headers={"X-API-Key": weak}
        ).status_code

    assert [make(None), make(["admin", "chat"]), make(["chat"])] == [403, 403, 403]
    assert [make(["admin"]), make(["search", "admin"])] == [201, 201]


def test_the_key_of_a_message_finds_nothing_of_another_visitor(office: Office) -> None:
    key = {"Idempotency-Key": "k" * 20}

    def ask(visitor: Mapping[str, str], message: str) -> dict[str, str]:
        headers = {**visitor, **key}
        return office.client.post("/api/v1/chat", json={"message": message}, headers=headers).json()

    mine = ask(A, CANARY)
    theirs = ask(B, "How long?")
    assert theirs["turn_id"] != mine["turn_id"]
    assert theirs["conversation_id"] != mine["conversation_id"]
    assert ask(A, CANARY) == mine


@pytest.mark.parametrize("route", [route for route in EVERY_ROUTE if is_widgets(route)])
def test_a_widgets_visitor_reaches_nothing_of_another(office: Office, route: str) -> None:
    widget = add_widget(office.desk)
    mine = Browser(office.client, widget.id)
    mine.open()
    said = mine.say(CANARY, "m" * 20).json()["entry"]
    other_site = add_widget(office.desk, OTHER)
    for theirs in (
        Browser(office.client, widget.id),
        Browser(office.client, other_site.id, origin=OTHER),
    ):
        theirs.open(visitor=mine.ticket if theirs.origin == OTHER else None)
        ours = _of(office, mine)
        if not EVERY_ROUTE[route].endless:
            given = dict(EVERY_ROUTE[route].given)
            if route == "POST /widget/feedback":
                given["json"] = {"turn_id": said["id"], "rating": -1}
            if route == "POST /widget/chat":
                given["json"] = {"message": "How long?", "id": "m" * 20}
            method, path = route.split(" ")
            answer = theirs.call(method, path.replace("{widget_id}", theirs.widget), **given)
            assert CANARY not in answer.text
            assert answer.status_code != 403 or route == "POST /widget/session"
            if route == "POST /widget/feedback":
                assert answer.status_code == 404
        # A token is good on its own site only.
        stolen = Browser(office.client, widget.id, origin=OTHER, token=mine.token)
        if route not in ("POST /widget/session", "GET /widget/{widget_id}/config"):
            method, path = route.split(" ")
            assert stolen.call(method, path, **EVERY_ROUTE[route].given).status_code == 403
        assert _of(office, mine) == ours


def _of(office: Office, browser: Browser) -> object:
    """All that is kept of a visitor's conversation."""
    held = browser.call("GET", "/widget/conversation").json()
    assert CANARY in str(held)
    assert re.fullmatch(r"[\w-]{22,}", str(held["conversation_id"]))
    assert browser.origin == SHOP
    return held, office.desk.timeline.entries(held["conversation_id"])
