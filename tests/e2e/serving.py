"""A real server for a test."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Generator

import uvicorn
from fastapi import FastAPI


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def serving(make: Callable[[], FastAPI], port: int | None = None) -> Generator[str]:
    """`make()` on a port of this machine, a free one unless given; its address."""
    port = port or free_port()
    started = threading.Event()
    servers: list[uvicorn.Server] = []

    async def run() -> None:
        # In the loop: outside of one Gradio makes its own and never closes it.
        config = uvicorn.Config(make(), port=port, log_level="warning", timeout_graceful_shutdown=1)
        servers.append(uvicorn.Server(config))
        task = asyncio.create_task(servers[0].serve())
        while not (servers[0].started or task.done()):
            await asyncio.sleep(0.02)
        started.set()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert started.wait(60)
    yield f"http://127.0.0.1:{port}/"
    servers[0].should_exit = True
    thread.join(10)
