"""What `answerdesk` starts: the commands of the chatbot, and `serve`."""

import errno
import logging
import signal
import socket
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.cli import make_app, run
from chatbot.commands.common import DataDir, in_language, note, opened, say

if TYPE_CHECKING:
    from chatbot.accounts import FirstUser
    from chatbot.assistant import Assistant
    from chatbot.local_server import LocalServer

Host = Annotated[
    str | None, typer.Option("--host", help="Address to listen on. [default: 127.0.0.1]")
]
Port = Annotated[
    int | None,
    typer.Option("--port", min=1, max=65535, help="Port to listen on. [default: 7860]"),
]
# For answers that are being written when the server is told to stop.
_STOP_SECONDS = 5
_BACKLOG = 512
_SWITCH_SECONDS = 0.001


def serve(*, host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Start the server: chat page, team pages and HTTP API."""
    from chatbot.local_server import describe_server
    from chatbot.settings import load_settings

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings(data_dir=data_dir, server=given or None)
    address = settings.server.host, settings.server.port
    with closing(reserve(*address)) as listener:
        note(in_language("Starting AnswerDesk ...", "正在启动 AnswerDesk……"))
        with opened(settings) as assistant:
            _run(assistant, describe_server(*address), listener)
    note(in_language("Stopped.", "已停止。"))


def main() -> None:
    """Run a command."""
    sys.exit(run(make_app(serve), sys.argv[1:]))


def reserve(host: str, port: int) -> socket.socket:
    """A socket bound to the address, before anything slow happens. Raises `PortInUse` or `OSError`."""
    from chatbot.errors import PortInUse

    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host=host, port=port) from error
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
    return listener


def _run(assistant: "Assistant", server: "LocalServer", listener: socket.socket) -> None:
    import uvicorn

    from chatbot.accounts import ensure_first_user
    from chatbot.api.impatience import ImpatientProtocol
    from chatbot.local_server import announced
    from chatbot.readiness import Readiness
    from ui.server import create_app

    # Turns compute in threads beside the event loop, which must not wait long for its turn.
    sys.setswitchinterval(_SWITCH_SECONDS)
    readiness = Readiness(assistant.library, assistant.generator)
    app = create_app(assistant, missing=readiness, local_token=server.token)
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        log_level=logging.WARNING,
        server_header=False,
        proxy_headers=False,  # `server.trusted_proxies` says whose are believed
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    data_dir = assistant.settings.data_dir
    assistant.web.resume()
    # uvicorn raises the signal that stopped it once more when it is done: then the rest is closed.
    # Set for both, since a process started in the background inherits a deaf ear for SIGINT.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    with announced(server, data_dir), suppress(KeyboardInterrupt):
        _greet(server, ensure_first_user(assistant.accounts), data_dir)
        uvicorn.Server(config).run(sockets=[listener])


def _greet(server: "LocalServer", first: "FirstUser | None", data_dir: Path) -> None:
    say(
        in_language(
            f"AnswerDesk is running.\n  Chat:   {server.url}/\n  Team:   {server.url}/admin",
            f"AnswerDesk 已启动。\n  聊天页：{server.url}/\n  管理页：{server.url}/admin",
        )
    )
    if first is not None and first.password is not None:
        say(
            in_language(
                f"  Sign in as {first.name} with the password {first.password}\n"
                "  (shown only this once; change it with: answerdesk users password"
                f" {first.name} --data-dir {data_dir})",
                f"  用户名：{first.name}，密码：{first.password}\n"
                "  （仅显示这一次；修改密码：answerdesk users password"
                f" {first.name} --data-dir {data_dir}）",
            )
        )
    say(in_language("Press Ctrl+C to stop.", "按 Ctrl+C 停止。"))


if __name__ == "__main__":
    main()
