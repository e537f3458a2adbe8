"""Limits on what comes in and headers on what goes out, before any route is reached."""

import asyncio
import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.api.problems import language_of, refusal

# A question is at most 2,000 characters; the rest is room for slots.
BODY_BYTES: Final = 256 * 1024
UPLOAD_PATH: Final = "/api/v1/documents"
# Some thousand curated answers.
IMPORT_PATH: Final = "/api/v1/curated/import"
_IMPORT_BYTES: Final = 8 * 1024 * 1024
# Texts to embed come by the hundred.
EMBEDDING_PATH: Final = "/v1/embeddings"
_EMBEDDING_BYTES: Final = 1024 * 1024
# What a multipart form adds to its file: boundaries, headers and small fields.
_FORM_BYTES: Final = 64 * 1024
_GRACE_SECONDS: Final = 10.0
# Slower than any line people really use, so that only those who dribble on purpose are cut off.
_BYTES_PER_SECOND: Final = 8 * 1024

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
_API: Final = ("/api/", "/v1/", "/openapi.json", "/healthz", "/readyz", "/metrics")
# The pages' own routes have limits of their own.
_LIMITED: Final = (*_API, "/login", "/logout", "/widget")


def framed_by_others(headers: Headers) -> bool:
    """Whether a response names itself who may frame it, which the older header cannot say."""
    policy = headers.get("content-security-policy", "")
    return "frame-ancestors" in policy and "frame-ancestors 'none'" not in policy


class SecurityHeaders:
    """Adds the headers that every response needs; one that a route has set stays.

    Only the API's own responses get a content security policy: pages bring theirs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if framed_by_others(headers):
                    del headers["X-Frame-Options"]
                if scope["path"].startswith(_API):
                    headers.setdefault("Content-Security-Policy", _API_POLICY)
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyLimits:
    """Refuses a body that is too large (413) or too slow (408), however its length is declared."""

    def __init__(self, app: ASGIApp, upload_bytes: int) -> None:
        self.app = app
        self._limits = {
            UPLOAD_PATH: upload_bytes + _FORM_BYTES,
            EMBEDDING_PATH: _EMBEDDING_BYTES,
            IMPORT_PATH: _IMPORT_BYTES + _FORM_BYTES,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_LIMITED):
            await self.app(scope, receive, send)
            return
        limit = self._limits.get(scope["path"], BODY_BYTES)
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared[:20]) > limit:
            response = refusal(413).response(language_of(headers), scope["path"])
            response.headers["Connection"] = "close"  # the rest of the body is not read
            await response(scope, receive, send)
            return
        await self.app(scope, _Body(receive, limit).receive, send)


class _Body:
    """Hands a body on, and counts."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0
        self._started = time.monotonic()
        self._complete = False

    async def receive(self) -> Message:
        """The next message. Raises `HTTPException`, which the app answers like any other."""
        if self._complete:  # what comes now is the disconnect, for which there is no hurry
            return await self._receive()
        allowed = _GRACE_SECONDS + self._size / _BYTES_PER_SECOND
        try:
            async with asyncio.timeout(self._started + allowed - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise HTTPException(413, headers={"Connection": "close"})
        self._complete = not message.get("more_body", False)
        return message
