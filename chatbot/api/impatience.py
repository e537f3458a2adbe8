"""Connections that never finish a request are closed: uvicorn would keep them for ever."""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

# A browser sends its head in one go; ten seconds are for the worst of lines.
HEAD_SECONDS: Final = 10.0


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 with a deadline on the head of every request; give it to uvicorn as `http`."""

    _head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if not self._has_request() and self._head_deadline is None:
            self._await_head()
        super().data_received(data)
        if self._has_request():
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _has_request(self) -> bool:
        # uvicorn types it as always there; before the first request it is None.
        cycle = getattr(self, "cycle", None)
        return cycle is not None and not cycle.response_complete

    def _await_head(self) -> None:
        self._head_deadline = self.loop.call_later(HEAD_SECONDS, self._close)

    def _stop_waiting(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _close(self) -> None:
        self._head_deadline = None
        if not self._has_request() and not self.transport.is_closing():
            self.transport.close()
