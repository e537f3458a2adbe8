"""A small HTTP server that serves bytes as a package index and a model hub do, and can break off."""

import hashlib
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Served:
    """What the server holds, how it misbehaves and what it was asked.

    `breaks` lists after how many bytes of a body it hangs up, one number an answer;
    `authorization` is the header that it wants.
    """

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    breaks: list[int] = field(default_factory=list[int])
    ranges: bool = True
    authorization: str | None = None
    checksums: dict[str, str] = field(default_factory=dict[str, str])
    requests: list[tuple[str, str, str | None]] = field(
        default_factory=list[tuple[str, str, str | None]]
    )
    stalled: threading.Event = field(default_factory=threading.Event)
    stall_after: int | None = None
    url: str = ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, served: Served) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.served = served


class _Handler(BaseHTTPRequestHandler):
    @property
    def served(self) -> Served:
        assert isinstance(self.server, _Server)
        return self.server.served

    def do_HEAD(self) -> None:
        body = self.served.files.get(self.path)
        self.send_response(HTTPStatus.FOUND if body is not None else HTTPStatus.NOT_FOUND)
        if body is not None:
            self.send_header("X-Repo-Commit", COMMIT)
            stated = self.served.checksums.get(self.path, hashlib.sha256(body).hexdigest())
            self.send_header("X-Linked-Etag", f'"{stated}"')
            self.send_header("Location", self.path)
        self.end_headers()

    def do_GET(self) -> None:
        self.served.requests.append((self.command, self.path, self.headers.get("Range")))
        # A commit is one more name of the branch.
        body = self.served.files.get(self.path.replace(COMMIT, "main"))
        start = _start(self.headers) if self.served.ranges else 0
        wanted = self.served.authorization
        if wanted is not None and self.headers.get("Authorization") != wanted:
            self.send_response(HTTPStatus.UNAUTHORIZED)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif body is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        elif start and start >= len(body):
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_response(HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK)
            self.send_header("Content-Length", str(len(body) - start))
            if self.path.endswith("/"):
                self.send_header("Content-Type", "text/html")
            self.end_headers()
            self._send(body[start:])

    def _send(self, body: bytes) -> None:
        if self.served.stall_after is not None:
            self.wfile.write(body[: self.served.stall_after])
            self.wfile.flush()
            self.served.stalled.wait()
        elif self.served.breaks:
            self.wfile.write(body[: self.served.breaks.pop(0)])
        else:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server names it
        pass


@contextmanager
def serving(served: Served) -> Generator[Served]:
    """`served` behind `served.url` on loopback."""
    server = _Server(served)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield served
    finally:
        served.stalled.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _start(headers: Message) -> int:
    found = re.fullmatch(r"bytes=(\d+)-", headers.get("Range") or "")
    return int(found[1]) if found else 0
