"""A small real HTTP server that speaks OpenAI's streaming shape on loopback, well or badly."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Manner = Literal["well", "500", "broken", "garbled", "silent", "unlimited"]


@dataclass
class Endpoint:
    """How the server behaves, and what it has seen.

    `broken`: the connection ends in mid-answer. `garbled`: what comes is no JSON.
    `silent`: headers, then nothing. `unlimited`: it does not know `max_tokens`.
    """

    url: str = ""
    manner: Manner = "well"
    pieces: tuple[str, ...] = tuple(f"word{number} " for number in range(200))
    delay: float = 0.0
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    keys: list[str] = field(default_factory=list[str])
    cut_off: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)


@contextmanager
def running_endpoint() -> Generator[Endpoint, None, None]:
    """Serve until the block is left."""
    endpoint = Endpoint()

    class Handler(_Handler):
        behaviour = endpoint

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    behaviour: Endpoint

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if not sent:
            return  # the caller left in the middle of asking
        body = json.loads(sent)
        self.behaviour.requests.append(body)
        self.behaviour.keys.append(self.headers.get("Authorization", ""))
        if self.behaviour.manner == "500":
            self._refuse()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            self._answer(body)
        except OSError:
            self.behaviour.cut_off.set()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it
        pass

    def _refuse(self) -> None:
        body = b'{"error": {"message": "out of memory", "type": "server_error"}}'
        self.send_response(500)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, body: dict[str, Any]) -> None:
        end = self.behaviour
        if end.manner == "silent":
            end.stopping.wait(30)
            return
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or len(end.pieces)
        pieces = end.pieces if end.manner == "unlimited" else end.pieces[:limit]
        for number, piece in enumerate(pieces):
            time.sleep(end.delay)
            if number == 3 and end.manner == "broken":
                return
            self._send("}{" if number == 3 and end.manner == "garbled" else _chunk(piece, None))
        self._send(_chunk("", "stop"))
        self._send("[DONE]")

    def _send(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()


def _chunk(text: str, finish_reason: str | None) -> str:
    delta = {"role": "assistant", "content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "local",
            "choices": [choice],
        }
    )
