"""Visitors of a widget, for locust: each opens a session, asks now and then, and counts what arrives.

Run by `python -m tests.benchmarks.widget_load`, which starts the server and reads the results.
A message that is refused because the desk is busy, or whose line breaks, is sent again with
the same id, as the widget does. When a visitor leaves, the conversation is read once more: each
message must stand in it exactly once.
"""

# pyright: basic, reportMissingImports=false
# locust is an extra of its own: neither running nor testing AnswerDesk needs it.

import json
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import requests
from locust import HttpUser, between, events, task

WIDGET = os.environ["LOAD_WIDGET"]
ORIGIN = os.environ["LOAD_ORIGIN"]
QUESTIONS: list[str] = json.loads(Path(os.environ["LOAD_QUESTIONS"]).read_text("utf-8"))
TALLY = Path(os.environ["LOAD_TALLY"])
ATTEMPTS = 12

tally: Counter[str] = Counter()


class Visitor(HttpUser):
    """One browser with one widget."""

    wait_time = between(10, 30)

    def on_start(self) -> None:
        self.sent: list[str] = []
        self.under_way: str | None = None
        self.token = ""
        self.ticket: str | None = None
        self.renew_at = 0.0
        self.heard: set[str] = set()
        self._session()
        self.listening = gevent.spawn(self._listen)

    @task
    def ask(self) -> None:
        """One message, as often as it takes to get it through."""
        message_id = secrets.token_urlsafe(24)
        question = random.choice(QUESTIONS)  # noqa: S311 -- a load, not a secret
        self.under_way = message_id
        started = time.monotonic()
        tally[self._outcome(message_id, question, started)] += 1
        self.sent.append(message_id)
        self.under_way = None

    def _outcome(self, message_id: str, question: str, started: float) -> str:
        for _ in range(ATTEMPTS):
            route, pause = self._try(message_id, question, started)
            if route:
                return f"answered {route}"
            gevent.sleep(pause)
        return "given up"

    def on_stop(self) -> None:
        """Compare what was sent with what the desk has, and with what came by the live stream."""
        gevent.sleep(2)
        self.listening.kill()
        self._session()
        answer = self.client.get("/widget/conversation", headers=self._headers())
        entries = answer.json()["entries"]
        found = Counter(entry["id"] for entry in entries if entry["kind"] in ("turn", "visitor"))
        # locust stops a visitor in mid-request: whether that message had left is not known here.
        tally["cut off by the end of the run"] += self.under_way is not None
        found.pop(self.under_way or "", None)
        tally["sent"] += len(self.sent)
        tally["kept"] += sum(found.values())
        tally["doubled"] += sum(count - 1 for count in found.values())
        tally["lost"] += len(self.sent) - len(found)
        tally["not heard live"] += len(found.keys() - self.heard)

    def _listen(self) -> None:
        """Follow the conversation as the widget does, and note each entry."""
        last = 0
        while True:
            headers = self._headers()
            try:
                with self.client.get(
                    f"/widget/events?after={last}",
                    headers=headers,
                    stream=True,
                    name="events",
                    catch_response=True,
                ) as answer:
                    answer.success()
                    for name, data in _events(answer.iter_lines()):
                        if name == "entry":
                            self.heard.add(data["id"])
                            last = data["ordinal"]
            except requests.RequestException:
                tally["live stream broken off"] += 1
            gevent.sleep(1)

    def _try(self, message_id: str, question: str, started: float) -> tuple[str, float]:
        """The route that answered, or nothing and the seconds to wait."""
        if time.monotonic() > self.renew_at:
            self._session()
        body = {"message": question, "id": message_id}
        headers = {**self._headers(), "Accept": "text/event-stream"}
        first_word = 0.0
        with self.client.post(
            "/widget/chat",
            json=body,
            headers=headers,
            stream=True,
            name="chat",
            catch_response=True,
        ) as answer:
            answer.success()
            if answer.status_code != 200:
                tally[f"status {answer.status_code}"] += 1
                return "", float(answer.headers.get("Retry-After", 1)) + random.random()  # noqa: S311
            for name, data in _events(answer.iter_lines()):
                if name == "delta" and not first_word:
                    first_word = time.monotonic() - started
                if name == "finished":
                    route = data["entry"]["route"]
                    self._fire(f"first word, {route}", first_word)
                    self._fire(f"whole answer, {route}", time.monotonic() - started)
                    return route, 0.0
        tally["broken off"] += 1
        return "", 1.0

    def _session(self) -> None:
        body = {"widget": WIDGET, "visitor": self.ticket, "language": None}
        answer = self.client.post("/widget/session", json=body, headers={"Origin": ORIGIN})
        answer.raise_for_status()
        session = answer.json()
        self.token, self.ticket = session["token"], session["visitor"]
        self.renew_at = time.monotonic() + 0.8 * session["expires_in"]

    def _headers(self) -> dict[str, str]:
        return {"Origin": ORIGIN, "Authorization": f"Bearer {self.token}"}

    def _fire(self, name: str, seconds: float) -> None:
        self.environment.events.request.fire(
            request_type="turn",
            name=name,
            response_time=seconds * 1000,
            response_length=0,
            exception=None,
            context={},
        )


@events.quitting.add_listener
def _write_tally(**_: Any) -> None:
    TALLY.write_text(json.dumps(tally, indent=2), encoding="utf-8")


def _events(lines: Iterator[bytes]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        field, _, value = line.decode("utf-8").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
