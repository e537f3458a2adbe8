"""Puts the routes, the gate and the guards together."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

import chatbot
from chatbot.api import (
    bundles,
    chat,
    chat_events,
    conversations,
    curated,
    document_changes,
    documents,
    feedback,
    fetches,
    health,
    keys,
    openai,
    rules,
    search,
    session,
    synonyms,
    webhooks,
    widget,
    widget_chat,
    widgets_admin,
)
from chatbot.api.access import AccessMiddleware, Gate, guarded
from chatbot.api.embeddings import BoundedEmbedding
from chatbot.api.guards import BodyLimits, SecurityHeaders
from chatbot.api.health import Missing
from chatbot.api.limits import WidgetLimits
from chatbot.api.openapi import install_openapi, operation_id
from chatbot.api.parts import Desk
from chatbot.api.problems import install_problems
from chatbot.api.turns import TurnRunner
from chatbot.api.widget_cors import WidgetCors

_MODULES = (
    chat,
    chat_events,
    fetches,  # before `documents`: "fetch" is no document's id
    documents,
    document_changes,
    bundles,
    search,
    rules,
    curated,
    feedback,
    conversations,
    keys,
    webhooks,
    widgets_admin,
    widget,
    widget_chat,
    openai,
    session,
    synonyms,
    health,
)


def _nothing() -> Sequence[str]:
    return ()


def create_api(
    desk: Desk, *, missing: Missing = _nothing, local_token: str | None = None
) -> FastAPI:
    """The API of `desk`.

    `missing` names what answers still wait for; `local_token` lets the command line in.
    Pages may be mounted on the app: paths outside `/api`, `/v1` and `/metrics` are theirs to
    guard, with the caller in `request.state.caller`.
    """
    settings = desk.settings
    turns = TurnRunner(
        desk.dialogue,
        limit=settings.server.max_turns_at_once,
        waiting=settings.server.max_turns_waiting,
        seconds=settings.generator.deadline_seconds,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        yield
        turns.close()

    app = FastAPI(
        title="AnswerDesk",
        version=chatbot.__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
    )
    gate = Gate(desk.accounts, settings.server, local_token)
    app.state.desk = desk
    app.state.turns = turns
    app.state.embedding = BoundedEmbedding(desk.embedder)
    app.state.gate = gate
    app.state.widget_limits = WidgetLimits(settings.widget)
    app.state.missing = missing
    install_problems(app)
    for module in _MODULES:
        # "default" keeps FastAPI from writing its own 422, which is none of ours, into OpenAPI.
        app.include_router(
            module.router, dependencies=[Depends(guarded)], responses={"default": {}}
        )
    install_openapi(app)
    app.add_middleware(BodyLimits, upload_bytes=settings.server.max_upload_mb * 1024 * 1024)
    app.add_middleware(WidgetCors, widgets=desk.widgets)
    app.add_middleware(AccessMiddleware, gate=gate)
    app.add_middleware(SecurityHeaders)
    return app
