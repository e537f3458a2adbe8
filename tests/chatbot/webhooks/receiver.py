"""A program that receives webhooks, on a real port."""

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Message:
    """One request that came in. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """Keeps what comes, and answers what `answer` says of the count of messages so far."""

    answer: Callable[[int], int] = lambda _: 204
    delay: float = 0.0
    messages: list[Message] = field(default_factory=list[Message])
    url: str = ""

    def wait_for(self, count: int, seconds: float = 10) -> list[Message]:
        """The messages, as soon as there are `count`."""
        deadline = time.monotonic() + seconds
        while len(self.messages) < count:
            assert time.monotonic() < deadline, f"{len(self.messages)} of {count} came"
            time.sleep(0.01)
        return self.messages


@contextlib.contextmanager
def receiving(receiver: Receiver) -> Generator[Receiver]:
    """`receiver` on a free port of this machine; its `url` says where."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.messages.append(Message(self.path, headers, body))
            time.sleep(receiver.delay)
            with contextlib.suppress(OSError):  # the sender has given up
                self.send_response(receiver.answer(len(receiver.messages)))
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- likewise
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
