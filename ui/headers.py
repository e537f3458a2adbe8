"""What every response says to the browser, and a nonce for the scripts of a page."""

import re
import secrets
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.api.guards import framed_by_others

# Gradio compiles its HTML templates in the browser (unsafe-eval) and sets styles inline.
_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; manifest-src 'self'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'; object-src 'none'"
)
# The admin shows a widget as it will be, in a page of its own.
_FRAMES: Final = "; frame-src 'self'"
_FRAMING: Final = "/admin/"
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}
_SCRIPT: Final = re.compile(rb"<script(?=[\s>])")
# Pictures and addresses of other hosts that Gradio's page names for social networks.
_FOREIGN: Final = re.compile(rb"<meta\b[^>]*?(?:og:|twitter:)[^>]*?>", re.DOTALL)


class SecurityHeaders:
    """Adds the headers that a response does not have yet, and the policy to every page.

    `heads` maps a page's path to what stands first in its `<head>`.
    """

    def __init__(self, app: ASGIApp, heads: dict[str, str]) -> None:
        self._app = app
        self._heads = {path: head.encode() for path, head in heads.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = _POLICY + (_FRAMES if scope["path"].startswith(_FRAMING) else "")
        page = _Page(send, self._heads.get(scope["path"]), policy)
        await self._app(scope, receive, page.send)


class _Page:
    """Passes a response on; holds back the body of HTML until it is complete."""

    def __init__(self, send: Send, head: bytes | None, policy: str) -> None:
        self._send = send
        self._head = head
        self._policy = policy
        self._start: Message | None = None
        self._body: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._body.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._finish(self._start)

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(raw=message["headers"])
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        if framed_by_others(headers):
            del headers["x-frame-options"]
        is_page = headers.get("content-type", "").startswith("text/html")
        if is_page and "content-security-policy" not in headers:
            self._start = message
            return
        await self._send(message)

    async def _finish(self, start: Message) -> None:
        nonce = secrets.token_urlsafe(16)
        body = b"".join(self._body)
        headers = MutableHeaders(raw=start["headers"])
        if "content-encoding" not in headers:
            body = _with_nonce(_FOREIGN.sub(b"", body), nonce, self._head)
            headers["content-length"] = str(len(body))
        headers["content-security-policy"] = self._policy.format(nonce=nonce)
        headers["cache-control"] = "no-store"
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _with_nonce(body: bytes, nonce: str, head: bytes | None) -> bytes:
    if head is not None:
        body = body.replace(b"<head>", b"<head>" + head, 1)
    return _SCRIPT.sub(f'<script nonce="{nonce}"'.encode(), body)
