"""A real site on loopback, page by page, that remembers what it was asked."""

import gzip
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class File:
    """What an address answers."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came; `alone` says whether no other was under way."""

    path: str
    headers: Mapping[str, str]
    at: float
    alone: bool


def html(body: str, head: str = "", title: str = "Page", **headers: str) -> File:
    """A web page."""
    text = (
        f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    )
    return File(text.encode(), headers={"Content-Type": "text/html; charset=utf-8", **headers})


def file(body: bytes | str, content_type: str, status: int = 200, **headers: str) -> File:
    """Any file."""
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return File(data, status, {"Content-Type": content_type, **named})


def leads(target: str, status: int = 302) -> File:
    """A redirect."""
    return File(b"", status, {"Location": target})


class WebSite:
    """`files` by path and query; what is not there is a 404. `{origin}` in a body is the site's own."""

    def __init__(self, files: Mapping[str, File]) -> None:
        self.files = dict(files)
        self.asked: list[Request] = []
        self.before: Callable[[str], None] = lambda _: None
        self._under_way = 0
        self._lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- likewise
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                pass  # a client that left

        self.server = Server(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self._under_way += 1
            alone = self._under_way == 1
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append(Request(handler.path, headers, time.monotonic(), alone))
        try:
            self.before(handler.path)
            self._send(handler, self.files.get(handler.path), headers)
        finally:
            with self._lock:
                self._under_way -= 1

    def _send(
        self, handler: BaseHTTPRequestHandler, found: File | None, headers: Mapping[str, str]
    ) -> None:
        found = found or file("not here", "text/plain", 404)
        tag = found.headers.get("ETag")
        fresh = tag is not None and headers.get("if-none-match") == tag
        body = b"" if fresh else found.body.replace(b"{origin}", self.origin.encode())
        if body and found.headers.get("Content-Encoding") == "gzip":
            body = gzip.compress(body)
        handler.send_response(304 if fresh else found.status)
        for name, value in found.headers.items():
            handler.send_header(name, value.replace("{origin}", self.origin))
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order, but for robots.txt and sitemaps."""
        return [r.path for r in self.asked if r.path not in ("/robots.txt", "/sitemap.xml")]


@contextmanager
def serving(files: Mapping[str, File]) -> Generator[WebSite]:
    """A site that serves `files`."""
    site = WebSite(files)
    thread = threading.Thread(target=site.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        thread.join()
        site.server.server_close()
