"""A site on which a widget stands, as its browser talks to us."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import jwt
from fastapi.testclient import TestClient

from chatbot.widgets.model import Widget
from tests.chatbot.api.scripted_desk import ScriptedDesk

SHOP = "https://shop.example"
OTHER = "https://other.example"


def add_widget(desk: ScriptedDesk, *origins: str, **settings: object) -> Widget:
    """A widget that may stand on `origins`."""
    return desk.widgets.add(Widget("", "Shop", origins or (SHOP,), **settings))  # pyright: ignore[reportArgumentType] -- the settings differ by test


@dataclass
class Browser:
    """One browser on one site: keeps the ticket and the token, as the widget's page does."""

    client: TestClient
    widget: str
    origin: str | None = SHOP
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    ticket: str | None = None
    token: str = ""

    def open(self, **given: object) -> httpx.Response:
        """Begin or renew the session."""
        body = {"widget": self.widget, "visitor": self.ticket, **given}
        answer = self.call("POST", "/widget/session", json=body)
        if answer.status_code == 200:
            self.ticket, self.token = answer.json()["visitor"], answer.json()["token"]
        return answer

    def say(self, text: str, message_id: str = "", **given: object) -> httpx.Response:
        """Send a message."""
        body = {"message": text, "id": message_id or uuid4().hex, **given}
        return self.call("POST", "/widget/chat", json=body)

    def entries(self, after: int = 0) -> list[dict[str, object]]:
        """What stands in the conversation."""
        answer = self.call("GET", f"/widget/conversation?after={after}")
        assert answer.status_code == 200, answer.text
        return answer.json()["entries"]

    def call(self, method: str, path: str, **given: object) -> httpx.Response:
        """Any call, with the site's origin and the visitor's token."""
        headers = {**self.headers}
        if self.origin is not None:
            headers["Origin"] = self.origin
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.client.request(method, path, headers=headers, **given)  # pyright: ignore[reportArgumentType,reportReturnType] -- passed through


def statement(secret: str, widget: str, **changes: object) -> str:
    """What a site says of its customer."""
    claims = {
        "aud": widget,
        "sub": "c42",
        "jti": uuid4().hex,
        "exp": int(time.time()) + 300,
        "name": "Mei",
        **changes,
    }
    return jwt.encode(claims, secret, algorithm="HS256")  # pyright: ignore[reportUnknownMemberType] -- pyjwt types its key in part


def events_of(text: str) -> list[tuple[str, dict[str, object]]]:
    """The server-sent events of a body, comments left out."""
    found: list[tuple[str, dict[str, object]]] = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "data" in lines:
            found.append((lines.get("event", ""), json.loads(lines["data"])))
    return found
