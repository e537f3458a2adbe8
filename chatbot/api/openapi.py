"""The OpenAPI document: what FastAPI writes, and what only we know of the routes."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from chatbot.accounts import Role
from chatbot.api.access import KEY_HEADER, SESSION_COOKIE, VISITOR_HEADER
from chatbot.api.needs import WIDGET_PATH, Need, entrance_of
from chatbot.api.openai_errors import PREFIX as OPENAI
from chatbot.api.openai_shapes import OpenAIErrorShape
from chatbot.api.problems import PROBLEM_TYPE
from chatbot.api.schemas import ProblemShape

Json = dict[str, Any]

_DESCRIPTION: Final = """\
The HTTP interface of AnswerDesk.

Members of the team and programs bring an API key, as `Authorization: Bearer adk_…` or as
`X-API-Key`; the admin's pages bring the session cookie. A key acts as its owner, within its
scopes. Visitors need none where the chat is public; their `X-Visitor-Token`, a random text that
the client makes and keeps, tells their conversations from those of others.

Errors are `application/problem+json` (RFC 9457) in the language of `Accept-Language`. Requests
that are refused with `Retry-After` may be sent again after as many seconds. Long lists come in
pages: pass the `next` of one as `cursor` to get the following one.
"""

_TAGS: Final = (
    ("chat", "Ask, and follow what happens in a conversation."),
    ("documents", "The knowledge that answers are quoted from."),
    ("search", "The passages that a question would be answered from."),
    ("rules", "Rules that answer, ask back or call a person."),
    (
        "curated",
        "Answers that a person wrote, given word for word to whoever asks such a question.",
    ),
    ("feedback", "What visitors think of answers."),
    ("conversations", "The team's inbox: read, take over, answer, hand back, close."),
    ("keys", "API keys, with scopes and an end."),
    (
        "webhooks",
        "Signed messages about what happens here, as standardwebhooks.com describes them: "
        "`webhook-id`, `webhook-timestamp`, and `webhook-signature` over `id.timestamp.body`. "
        "An answer of 2xx means that it arrived; anything else is tried again for some hours. "
        "The same message may come twice, and messages may overtake each other.",
    ),
    ("widgets", "Widgets for other sites."),
    ("widget", "What a widget's page calls. Only pages of the widget's origins are answered."),
    ("openai", "The interface that OpenAI's clients know."),
    ("session", "Signing in and out."),
    ("health", "Whether the process lives, and whether it can answer."),
)

_SCHEMES: Final[Json] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, `adk_…`.",
    },
    "key": {"type": "apiKey", "in": "header", "name": KEY_HEADER.title().replace("Api", "API")},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "What signing in sets; only for pages of this site.",
    },
    "visitor": {
        "type": "apiKey",
        "in": "header",
        "name": VISITOR_HEADER.title(),
        "description": "A random text that a client makes up for each visitor and keeps.",
    },
    "widget": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `token` of `POST /widget/session`, good for ten minutes.",
    },
}
_EVENTS_TYPE: Final = "text/event-stream"
# By the name of the schema that they are examples of.
_EXAMPLES: Final = Path(__file__).with_name("examples.json")
_EVENTS_EXAMPLE: Final = (
    'event: delta\ndata: {"text": "The K3 has a warranty of 24 months."}\n\n: heartbeat\n\n'
)
_MEMBER: Final[tuple[Json, ...]] = ({"bearer": []}, {"key": []}, {"session": []})

# What a route refuses beside what follows from its path, its body and its need.
_BUSY: Final = (409, 503)
_MORE: Final[Mapping[str, tuple[int, ...]]] = {
    "POST /api/v1/chat": (404, *_BUSY),
    "POST /api/v1/feedback": (404,),
    "POST /api/v1/keys": (404,),
    "POST /api/v1/webhooks": (409,),
    "POST /api/v1/documents/fetch": (429,),
    "PATCH /api/v1/documents/{document_id}": (409,),
    "PUT /api/v1/documents/{document_id}/passages": (409,),
    "POST /api/v1/documents/{document_id}/retry": (409,),
    "POST /api/v1/search": (503,),
    "POST /api/v1/search/explain": (404, 503),
    "GET /api/v1/search": (413, 503),
    "PUT /api/v1/rules": (409,),
    "DELETE /api/v1/rules/{name}": (409,),
    "POST /api/v1/curated": (409,),
    "PUT /api/v1/curated/{answer_id}": (409,),
    "POST /api/v1/curated/try": (503,),
    "POST /api/v1/conversations/{conversation_id}/take": (409,),
    "POST /api/v1/conversations/{conversation_id}/messages": (409,),
    "POST /api/v1/conversations/{conversation_id}/hand-back": (409,),
    "POST /api/v1/conversations/{conversation_id}/close": (409,),
    "POST /widget/session": (401, 404),
    "POST /widget/chat": (404, *_BUSY),
    "POST /widget/feedback": (404,),
    "POST /login": (303, 401, 403, 429),
    "POST /logout": (303, 403),
    "GET /readyz": (503,),
    "POST /v1/chat/completions": (404, 409, 429, 503),
    "POST /v1/embeddings": (404, 429, 503),
}
_OPEN_WIDGET_CALLS: Final = ("/widget/session", "/widget/{widget_id}/config")


def operation_id(route: APIRoute) -> str:
    """A name for generated clients: that of the function, after its tag where it lacks it."""
    tag = str(route.tags[0]) if route.tags else ""
    return route.name if not tag or tag in route.name else f"{tag}_{route.name}"


def install_openapi(app: FastAPI) -> None:
    """Let `app` describe itself, once it is asked to."""

    def described() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = described


def _document(app: FastAPI) -> Json:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS],
    )
    components: Json = document.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    schemas: Json = components.setdefault("schemas", {})
    for model in (ProblemShape, OpenAIErrorShape):
        _add_model(schemas, model)
    for name, example in json.loads(_EXAMPLES.read_text(encoding="utf-8")).items():
        schemas[name]["examples"] = [example]
    for method, path, operation in _operations(document):
        operation["security"] = _security(method, path)
        operation["responses"].pop("default", None)
        for response in operation["responses"].values():
            if events := response.get("content", {}).get(_EVENTS_TYPE):
                events.pop("schema", None)  # of one event, to those who read it so
                events["example"] = _EVENTS_EXAMPLE
        for status in sorted(_refusals(method, path, operation)):
            operation["responses"].setdefault(str(status), _refusal(path, status))
    return document


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _security(method: str, path: str) -> list[Json]:
    need = entrance_of(method, path).need
    if path.startswith(WIDGET_PATH):
        return [] if path in _OPEN_WIDGET_CALLS else [{"widget": []}]
    if need is Need.NOTHING:
        return []
    if need is Need.VISITOR:
        return [{}, {"visitor": []}, *_MEMBER]
    return list(_MEMBER)


def _refusals(method: str, path: str, operation: Json) -> set[int]:
    """The statuses with which the operation may refuse."""
    statuses: set[int] = set(_MORE.get(f"{method} {path}", ()))
    need = entrance_of(method, path).need
    if isinstance(need, Role) or need is Need.VISITOR:
        statuses |= {401, 403}
    if path.startswith(WIDGET_PATH):
        statuses |= {401, 403, 429} if path not in _OPEN_WIDGET_CALLS else {403, 429}
    if "requestBody" in operation:
        statuses |= {400, 408, 413, 422}
    if "{" in path:
        statuses |= {404, 422}
    if operation.get("parameters"):
        statuses.add(422)
    return statuses


def _refusal(path: str, status: int) -> Json:
    if status == HTTPStatus.SEE_OTHER:
        return {"description": "For a form: the page that comes next"}
    model, kind = (ProblemShape, PROBLEM_TYPE)
    if path.startswith(OPENAI):
        model, kind = OpenAIErrorShape, "application/json"
    refusal: Json = {
        "description": HTTPStatus(status).phrase,
        "content": {kind: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
    }
    if status in (409, 429, 503):
        refusal["headers"] = {
            "Retry-After": {
                "description": "Seconds after which the same request may succeed.",
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    return refusal


def _add_model(schemas: Json, model: type[BaseModel]) -> None:
    shape = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(shape.pop("$defs", {}))
    schemas[model.__name__] = shape
