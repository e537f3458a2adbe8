"""How pages and their files join the app, with the limits that Gradio does not set itself."""

import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

import gradio as gr
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.headers import SecurityHeaders
from ui.theme import make_theme

_ASSETS: Final = Path(str(files("assets")))
_STATIC: Final = Path(__file__).parent / "static"
# All that Gradio's pages need. What else it offers (proxies, plain calls that answer without
# the page, monitoring, code editing) is not there.
CHAT_ROUTES: Final = (
    "/assets/",
    "/static/",
    "/svelte/",
    "/theme.css",
    "/config",
    "/robots.txt",
    "/favicon.ico",
    "/manifest.json",
    "/gradio_api/run/predict",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/startup-events",
    "/gradio_api/heartbeat/",
    "/gradio_api/app_id",
)
UPLOAD_ROUTES: Final = (
    "/gradio_api/upload",
    "/gradio_api/upload_progress",
    "/gradio_api/file=",
    "/gradio_api/component_server",
    "/gradio_api/cancel",
)


# Events that may wait behind those being handled; one more is told to come back.
_WAITING_EVENTS: Final = 64
# No statistics sent anywhere, and none counted after every event over the last 10,000.
_ENVIRONMENT: Final = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
}


def head_of(*styles: str) -> str:
    """What a page loads first: the tokens, its own styles and the theme switch."""
    links = "".join(
        f'<link rel="stylesheet" href="/ui/styles/{name}.css">' for name in ("tokens", *styles)
    )
    return (
        f'{links}<link rel="icon" href="/ui/icons/mark.svg" type="image/svg+xml">'
        '<script type="module" src="/ui/theme.js" blocking="render"></script>'
    )


def add_files(app: FastAPI) -> None:
    """Serve scripts, styles and icons under `/ui`."""
    app.mount("/ui/styles", _Files(_ASSETS / "styles"))
    app.mount("/ui/icons", _Files(_ASSETS / "icons"))
    app.mount("/ui", _Files(_STATIC))


def mount(
    app: FastAPI, page: gr.Blocks, path: str, *, routes: Sequence[str], **options: object
) -> Mount:
    """Mount a Gradio page with the theme, a bounded queue and nothing that Gradio would add.

    Below `path` only `path` itself and what begins with one of `routes` is reached.
    """
    os.environ.update(_ENVIRONMENT)
    page.queue(max_size=_WAITING_EVENTS, api_open=False)  # pyright: ignore[reportUnknownMemberType] -- gradio types it in part
    gr.mount_gradio_app(  # pyright: ignore[reportUnknownMemberType] -- gradio types it in part
        app,
        page,
        path=path,
        theme=make_theme(),
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        pwa=False,
        mcp_server=False,
        **options,  # pyright: ignore[reportArgumentType] -- gradio checks them
    )
    mounted = app.router.routes[-1]
    if not isinstance(mounted, Mount):  # pragma: no cover -- a canary for the next Gradio
        raise TypeError("Gradio no longer mounts its app last")
    mounted.app = _OnlyRoutes(mounted.app, tuple(routes))
    return mounted


def close_doors(app: FastAPI, heads: Mapping[str, str], origins: Sequence[str] = ()) -> None:
    """Headers for every response, and no other origin than `origins`. Call it last."""
    if not any(middleware.cls is CORSMiddleware for middleware in app.user_middleware):
        # Gradio looks for it by its class. Innermost, so that preflights of the widget's calls,
        # which have origins of their own to allow, are answered before they come here.
        app.user_middleware.append(Middleware(CORSMiddleware, allow_origins=list(origins)))
    app.add_middleware(SecurityHeaders, heads=dict(heads))


class _OnlyRoutes:
    """Answers 404 for everything but the page and `routes`."""

    def __init__(self, app: ASGIApp, routes: tuple[str, ...]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        known = path in {"", "/"} or path.startswith(self._routes)
        if scope["type"] == "http" and not known:
            await PlainTextResponse("Not found", status_code=404)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class _Files(StaticFiles):
    """Files that a browser asks for again after an upgrade, and only then receives."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)

    def file_response(self, *args: object, **options: object) -> Response:
        response = super().file_response(*args, **options)  # pyright: ignore[reportArgumentType] -- passed through
        response.headers["cache-control"] = "no-cache"
        return response
