"""Every route: what it asks of its caller, and a request that it understands.

Needs and scopes are written out a second time on purpose: a new route fails until it is here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi.testclient import TestClient

from chatbot.accounts import Role
from chatbot.api.needs import Need
from chatbot.scopes import KeyScope

AGENT, EDITOR, ADMIN = Role.AGENT, Role.EDITOR, Role.ADMIN
NOTHING, VISITOR = Need.NOTHING, Need.VISITOR


@dataclass(frozen=True, slots=True)
class Asked:
    """What a route asks. `given` are the arguments of a request; `endless`: its answer never ends."""

    need: Need | Role
    scope: KeyScope
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    endless: bool = False


def _json(**body: object) -> Mapping[str, Any]:
    return {"json": body}


_HOOK = _json(url="http://127.0.0.1:9/", happenings=["feedback.given"])
_RULES = _json(name="a.yaml", text="rules: []")
_CURATED = _json(questions=["Tours?"], answer_en="No.")
_CONVERSATION = "/api/v1/conversations/{conversation_id}"
_READS, _WRITES = "conversations:read", "conversations:write"

EVERY_ROUTE: Mapping[str, Asked] = {
    "POST /api/v1/chat": Asked(VISITOR, "chat", _json(message="How long?")),
    "GET /api/v1/chat/{conversation_id}/events": Asked(VISITOR, "chat", endless=True),
    "POST /api/v1/feedback": Asked(
        VISITOR, "chat", _json(conversation_id="unknown", turn_id="unknown", rating=1)
    ),
    "GET /api/v1/feedback": Asked(AGENT, _READS),
    "GET /api/v1/documents": Asked(AGENT, "documents:read"),
    "POST /api/v1/documents": Asked(
        EDITOR, "documents:write", {"files": {"file": ("a.txt", b"text")}}
    ),
    "GET /api/v1/documents/fetch": Asked(AGENT, "documents:read"),
    "POST /api/v1/documents/fetch": Asked(
        EDITOR, "documents:write", _json(url="http://127.0.0.1:9/")
    ),
    "GET /api/v1/documents/fetch/{job_id}": Asked(AGENT, "documents:read"),
    "DELETE /api/v1/documents/fetch/{job_id}": Asked(EDITOR, "documents:write"),
    "GET /api/v1/documents/{document_id}": Asked(AGENT, "documents:read"),
    "DELETE /api/v1/documents/{document_id}": Asked(EDITOR, "documents:write"),
    "GET /api/v1/documents/{document_id}/text": Asked(AGENT, "documents:read"),
    "PATCH /api/v1/documents/{document_id}": Asked(EDITOR, "documents:write", _json(enabled=False)),
    "POST /api/v1/documents/{document_id}/retry": Asked(EDITOR, "documents:write"),
    "GET /api/v1/documents/{document_id}/passages": Asked(AGENT, "documents:read"),
    "PUT /api/v1/documents/{document_id}/passages": Asked(
        EDITOR, "documents:write", _json(passage_id="unknown", text="Within 14 days.")
    ),
    "GET /api/v1/documents/{document_id}/versions": Asked(AGENT, "documents:read"),
    "POST /api/v1/documents/{document_id}/versions/{version}/restore": Asked(
        EDITOR, "documents:write"
    ),
    "GET /api/v1/documents/{document_id}/original": Asked(AGENT, "documents:read"),
    "GET /api/v1/bundles": Asked(AGENT, "documents:read"),
    "DELETE /api/v1/bundles": Asked(
        EDITOR, "documents:write", {"params": {"collection": "default", "source": "unknown"}}
    ),
    "POST /api/v1/search/explain": Asked(
        AGENT, "search", _json(query="returns", passage_id="unknown")
    ),
    "GET /api/v1/search": Asked(AGENT, "search", {"params": {"q": "returns"}}),
    "GET /api/v1/synonyms": Asked(AGENT, "documents:read"),
    "PUT /api/v1/synonyms": Asked(EDITOR, "documents:write", _json(text="tour, visit")),
    "POST /api/v1/search": Asked(AGENT, "search", _json(query="returns")),
    "GET /api/v1/conversations": Asked(AGENT, _READS),
    "GET /api/v1/conversations/unanswered": Asked(AGENT, _READS),
    "GET /api/v1/conversations/events": Asked(AGENT, _READS, endless=True),
    f"GET {_CONVERSATION}": Asked(AGENT, _READS),
    f"GET {_CONVERSATION}/events": Asked(AGENT, _READS, endless=True),
    f"POST {_CONVERSATION}/take": Asked(AGENT, _WRITES, {"json": {}}),
    f"POST {_CONVERSATION}/messages": Asked(AGENT, _WRITES, _json(text="Hello.")),
    f"POST {_CONVERSATION}/hand-back": Asked(AGENT, _WRITES),
    f"POST {_CONVERSATION}/close": Asked(AGENT, _WRITES),
    "GET /api/v1/rules": Asked(AGENT, "rules:read"),
    "POST /api/v1/rules/check": Asked(AGENT, "rules:read", _RULES),
    "PUT /api/v1/rules": Asked(EDITOR, "rules:write", _RULES),
    "DELETE /api/v1/rules/{name}": Asked(EDITOR, "rules:write"),
    "GET /api/v1/curated": Asked(AGENT, "curated:read"),
    "POST /api/v1/curated": Asked(EDITOR, "curated:write", _CURATED),
    "POST /api/v1/curated/try": Asked(AGENT, "curated:read", _json(question="Tours?")),
    "POST /api/v1/curated/import": Asked(
        EDITOR,
        "curated:write",
        {"files": {"file": ("a.csv", b"questions,answer_en\nTours?,No.\n")}},
    ),
    "GET /api/v1/curated/export": Asked(AGENT, "curated:read"),
    "GET /api/v1/curated/{answer_id}": Asked(AGENT, "curated:read"),
    "PUT /api/v1/curated/{answer_id}": Asked(EDITOR, "curated:write", _CURATED),
    "DELETE /api/v1/curated/{answer_id}": Asked(EDITOR, "curated:write"),
    "GET /api/v1/keys": Asked(ADMIN, "admin"),
    "POST /api/v1/keys": Asked(ADMIN, "admin", _json(owner="agent", scopes=["admin"])),
    "DELETE /api/v1/keys/{key_id}": Asked(ADMIN, "admin"),
    "GET /api/v1/webhooks": Asked(ADMIN, "admin"),
    "POST /api/v1/webhooks": Asked(ADMIN, "admin", _HOOK),
    "GET /api/v1/webhooks/{webhook_id}": Asked(ADMIN, "admin"),
    "PUT /api/v1/webhooks/{webhook_id}": Asked(ADMIN, "admin", _HOOK),
    "DELETE /api/v1/webhooks/{webhook_id}": Asked(ADMIN, "admin"),
    "GET /api/v1/webhooks/{webhook_id}/secret": Asked(ADMIN, "admin"),
    "POST /api/v1/webhooks/{webhook_id}/secret": Asked(ADMIN, "admin"),
    "GET /api/v1/webhooks/{webhook_id}/deliveries": Asked(ADMIN, "admin"),
    "POST /api/v1/webhooks/{webhook_id}/test": Asked(ADMIN, "admin"),
    "POST /v1/chat/completions": Asked(
        AGENT,
        "chat",
        _json(model="answerdesk", messages=[{"role": "user", "content": "How long?"}]),
    ),
    "GET /v1/models": Asked(AGENT, "chat"),
    "GET /v1/models/{model}": Asked(AGENT, "chat"),
    "POST /v1/embeddings": Asked(
        AGENT, "search", _json(model="answerdesk-embedding", input="returns")
    ),
    "GET /api/v1/widgets": Asked(AGENT, "widgets:read"),
    "POST /api/v1/widgets": Asked(EDITOR, "widgets:write", _json(name="Shop")),
    "GET /api/v1/widgets/{widget_id}": Asked(AGENT, "widgets:read"),
    "PUT /api/v1/widgets/{widget_id}": Asked(EDITOR, "widgets:write", _json(name="Shop")),
    "DELETE /api/v1/widgets/{widget_id}": Asked(EDITOR, "widgets:write"),
    "GET /api/v1/widgets/{widget_id}/secret": Asked(ADMIN, "admin"),
    "POST /api/v1/widgets/{widget_id}/secret": Asked(ADMIN, "admin"),
    "POST /api/v1/widgets/{widget_id}/check": Asked(
        AGENT, "widgets:read", _json(url="http://127.0.0.1:9/")
    ),
    "GET /widget/{widget_id}/config": Asked(NOTHING, "chat"),
    "POST /widget/session": Asked(NOTHING, "chat", _json(widget="unknown")),
    "GET /widget/conversation": Asked(NOTHING, "chat"),
    "GET /widget/events": Asked(NOTHING, "chat", endless=True),
    "POST /widget/chat": Asked(NOTHING, "chat", _json(message="How long?", id="a" * 20)),
    "POST /widget/feedback": Asked(NOTHING, "chat", _json(turn_id="unknown", rating=1)),
    "POST /widget/person": Asked(NOTHING, "chat"),
    "POST /widget/contact": Asked(NOTHING, "chat", _json(email="mei@example.org")),
    "POST /widget/reset": Asked(NOTHING, "chat"),
    "DELETE /widget/data": Asked(NOTHING, "chat"),
    "POST /login": Asked(NOTHING, "chat", _json(name="agent", password="wrong")),
    "POST /logout": Asked(NOTHING, "chat"),
    "GET /healthz": Asked(NOTHING, "chat"),
    "GET /readyz": Asked(NOTHING, "chat"),
}


def documented_routes(client: TestClient) -> list[str]:
    """Every operation of the OpenAPI document."""
    paths = client.get("/openapi.json").json()["paths"]
    return [f"{method.upper()} {path}" for path, item in paths.items() for method in item]


def is_widgets(route: str) -> bool:
    """Whether `route` is one of those that guard themselves by the widget's tokens."""
    return " /widget/" in route


def call(
    client: TestClient,
    route: str,
    headers: Mapping[str, str],
    ids: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
) -> httpx.Response:
    """Ask `route`, about the things that `ids` name by parameter; else about nothing there is."""
    method, path = route.split(" ")
    known = ids or {}
    url = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "unknown"), path)
    arguments = EVERY_ROUTE[route].given if given is None else given
    return client.request(method, url, headers=dict(headers), **arguments)  # pyright: ignore[reportReturnType] -- starlette's client has its own httpx
