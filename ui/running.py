"""Which turns are being answered now, so that Stop and a closed tab end their work."""

import threading
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.cancellation import Cancellation


class RunningTurns:
    """One running turn a browser session. Holds nothing that a session may read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_session: dict[str, Cancellation] = {}

    def begin(self, session: str) -> Cancellation:
        """A new turn of `session`; one that still runs is told to stop."""
        cancellation = Cancellation()
        with self._lock:
            before = self._by_session.get(session)
            self._by_session[session] = cancellation
        if before is not None:
            before.cancel()
        return cancellation

    def end(self, session: str, cancellation: Cancellation) -> None:
        """The turn is over, whatever ended it."""
        cancellation.cancel()
        with self._lock:
            if self._by_session.get(session) is cancellation:
                del self._by_session[session]

    def stop(self, session: str) -> None:
        """Tell the running turn of `session` to stop, if there is one."""
        with self._lock:
            cancellation = self._by_session.get(session)
        if cancellation is not None:
            cancellation.cancel()

    def __len__(self) -> int:
        with self._lock:
            return len(self._by_session)


class StopWhenGone:
    """Stops a session's turn when the browser closes the stream that its answer comes through.

    Gradio notices a closed tab only between two yields of a handler; a generator that
    is busy in between would go on for nobody.
    """

    def __init__(self, app: ASGIApp, turns: RunningTurns) -> None:
        self._app = app
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = _session_of(scope)
        if session is None:
            await self._app(scope, receive, send)
            return
        complete = False

        async def watched_receive() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect" and not complete:
                self._turns.stop(session)
            return message

        async def watched_send(message: Message) -> None:
            nonlocal complete
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                complete = True

        await self._app(scope, watched_receive, watched_send)


def _session_of(scope: Scope) -> str | None:
    if scope["type"] != "http" or not scope["path"].endswith("/gradio_api/queue/data"):
        return None
    return parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [None])[0]
