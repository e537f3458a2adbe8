"""Which pages of other sites may read what widgets are told: exact origins, nothing by default."""

from collections.abc import Mapping
from typing import Final

from anyio.to_thread import run_sync
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.api.needs import WIDGET_PATH
from chatbot.api.problems import language_of, problem_of
from chatbot.widgets.errors import InvalidOrigin, OriginNotAllowed, WidgetNotFound
from chatbot.widgets.origins import normal_origin
from chatbot.widgets.store import Widgets

# Of `scope["state"]`: the origin that a route's guard has allowed, or empty when it refused.
ALLOWED: Final = "widget_origin"

_FILES: Final = (f"{WIDGET_PATH}app/", f"{WIDGET_PATH}frame/")
_METHODS: Final = frozenset({"GET", "POST", "DELETE"})
_HEADERS: Final = frozenset({"accept", "accept-language", "authorization", "content-type"})
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": ", ".join(sorted(_METHODS)),
    "Access-Control-Allow-Headers": ", ".join(sorted(_HEADERS)),
    "Access-Control-Max-Age": "600",
}


class WidgetCors:
    """Answers preflights of the widget's calls, and lets allowed origins read the responses.

    A preflight does not say which widget it is for, except in the path of its settings: then
    it is enough that some widget stands on that origin. The call itself is judged by its own.
    """

    def __init__(self, app: ASGIApp, widgets: Widgets) -> None:
        self.app = app
        self.widgets = widgets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(WIDGET_PATH) or path.startswith(_FILES):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS":
            response = await self._preflight(path, headers)
            await response(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                origin = state.get(ALLOWED)
                if origin is None and message["status"] >= 400:  # refused before the guard
                    origin = await self._known("", headers)
                added = MutableHeaders(scope=message)
                added.add_vary_header("Origin")
                added.setdefault("Cache-Control", "no-store")
                if origin:
                    added.update(_readable_by(origin))
            await send(message)

        await self.app(scope, receive, send_readable)

    async def _preflight(self, path: str, headers: Headers) -> Response:
        wanted = headers.get("access-control-request-headers", "").lower().split(",")
        fits = headers.get("access-control-request-method") in _METHODS
        fits = fits and {name.strip() for name in wanted} <= {*_HEADERS, ""}
        origin = await self._known(path, headers) if fits else ""
        if not origin:
            response = problem_of(OriginNotAllowed()).response(language_of(headers))
        else:
            response = Response(status_code=204, headers={**_PREFLIGHT, **_readable_by(origin)})
        response.headers["Vary"] = "Origin"
        return response

    async def _known(self, path: str, headers: Headers) -> str:
        """The request's origin when a widget stands there: the one that `path` names, or any."""
        try:
            origin = normal_origin(headers.get("origin", ""))
        except InvalidOrigin:
            return ""
        return origin if await run_sync(self._stands, path, origin) else ""

    def _stands(self, path: str, origin: str) -> bool:
        widget_id, _, call = path.removeprefix(WIDGET_PATH).partition("/")
        if call != "config":
            return self.widgets.any_on(origin)
        try:
            return origin in self.widgets.get(widget_id).origins
        except WidgetNotFound:
            return False


def _readable_by(origin: str) -> Mapping[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
    }
