"""How commands on the same machine find the server that owns a data folder."""

import json
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import httpx

SERVER_FILE: Final = "server.json"
_PROBE_SECONDS: Final = 2.0
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- read here, bound elsewhere


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A running server. `token` lets in whoever may read the data folder."""

    url: str
    pid: int
    token: str


def describe_server(host: str, port: int) -> LocalServer:
    """This process as a server, with a new random token."""
    address = _EVERYWHERE.get(host, host)
    bracketed = f"[{address}]" if ":" in address else address
    return LocalServer(f"http://{bracketed}:{port}", os.getpid(), secrets.token_urlsafe(32))


@contextmanager
def announced(server: LocalServer, data_dir: Path) -> Generator[None]:
    """Name `server` in the data folder, readable by its owner only, for as long as the block runs."""
    path = data_dir / SERVER_FILE
    arriving = path.with_suffix(f".{server.pid}")
    arriving.unlink(missing_ok=True)
    descriptor = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(server), file)
    arriving.replace(path)
    try:
        yield
    finally:
        if _read(path) == server:
            path.unlink(missing_ok=True)


def find_server(data_dir: Path) -> LocalServer | None:
    """The server that owns `data_dir` and answers; None when there is none."""
    server = _read(data_dir / SERVER_FILE)
    if server is None or not _is_alive(server.pid):
        return None
    try:
        # Proxies of the environment have no business between two processes of one machine.
        with httpx.Client(trust_env=False, timeout=_PROBE_SECONDS) as http:
            answers = http.get(f"{server.url}/healthz").is_success
    except httpx.HTTPError:
        return None
    return server if answers else None


def _read(path: Path) -> LocalServer | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return LocalServer(str(found["url"]), int(found["pid"]), str(found["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it lives, and is another user's
        return True
    return pid > 0
