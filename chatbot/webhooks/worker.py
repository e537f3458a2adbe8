"""The courier: a thread that sends what is due."""

import logging
import threading
import time
from typing import Final

from chatbot.webhooks.deliveries import Deliveries
from chatbot.webhooks.model import Delivery, Outcome, Outgoing
from chatbot.webhooks.sending import attempt

_log = logging.getLogger(__name__)

_POLL_SECONDS: Final = 1.0
_PRUNE_SECONDS: Final = 3600.0
_REST_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 2.0
# A receiver that is slow holds up nobody but itself.
_AT_ONCE: Final = 16
_AT_ONCE_EACH: Final = 2


class Courier:
    """Sends deliveries from `start` until `close`; what is then left is sent after the next start.

    A message may arrive twice, when the process ends before it has noted that it arrived.
    """

    def __init__(self, deliveries: Deliveries, *, allow_private: bool) -> None:
        self.deliveries = deliveries
        self._allow_private = allow_private
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._under_way: dict[str, threading.Thread] = {}
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def wake(self) -> None:
        """Look now for what is due."""
        self._wake.set()

    def test(self, webhook_id: str) -> Delivery | None:
        """Send a message to see whether it arrives; it is not tried again. Blocks for 10 s at most.

        Raises `WebhookNotFound`; None when the webhook is deleted meanwhile.
        """
        message = self.deliveries.new_test(webhook_id)
        return self.deliveries.finish(message.delivery_id, self._attempt(message))

    def close(self) -> None:
        """Send no more, within 2 s. What is under way by then counts as not sent."""
        self._stopping.set()
        self._wake.set()
        deadline = time.monotonic() + _CLOSE_SECONDS
        with self._lock:
            threads = list(self._under_way.values())
        if self._thread.ident is not None:
            threads.append(self._thread)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        pruned = 0.0
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                while self.deliveries.fan_out():
                    pass
                self._begin_due()
                if time.monotonic() > pruned:
                    self.deliveries.prune()
                    pruned = time.monotonic() + _PRUNE_SECONDS
            except Exception:
                # The thread's outermost edge: a full disk, say, must not end the work for good.
                _log.exception("webhooks rest for %s s", _REST_SECONDS)
                self._stopping.wait(_REST_SECONDS)
            self._wake.wait(_POLL_SECONDS)

    def _begin_due(self) -> None:
        with self._lock:
            known = set(self._under_way)
        for message in self.deliveries.due(known, _AT_ONCE_EACH)[: _AT_ONCE - len(known)]:
            # Daemons: a receiver that hangs must not keep the process from ending.
            thread = threading.Thread(target=self._carry, args=(message,), daemon=True)
            with self._lock:
                if self._stopping.is_set():
                    return
                self._under_way[message.delivery_id] = thread
                thread.start()

    def _carry(self, message: Outgoing) -> None:
        try:
            outcome = self._attempt(message)
            if not self._stopping.is_set():
                self.deliveries.finish(message.delivery_id, outcome)
        except Exception:
            _log.exception("webhook message %s was not sent", message.delivery_id)
            self._stopping.wait(_REST_SECONDS)  # it is due still, and must not be tried in a loop
        finally:
            with self._lock:
                self._under_way.pop(message.delivery_id, None)
            self._wake.set()

    def _attempt(self, message: Outgoing) -> Outcome:
        now = self.deliveries.clock()
        return attempt(message, now, allow_private=self._allow_private)
