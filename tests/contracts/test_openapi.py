"""The OpenAPI document against the app: what is said there holds, whatever is sent."""

import contextlib
import os
import secrets
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, cast

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis import Case, HookContext
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER

from chatbot.webhooks.model import Webhook
from knowledge.curated.model import CuratedAnswer
from knowledge.documents import Language
from knowledge.web.errands import Order
from tests.chatbot.api.scripted_desk import ScriptedDesk, add_team, open_desk
from tests.chatbot.api.widget_site import SHOP, Browser, add_widget

# Made up for each operation and caller, beside the examples and the values at the edges, of
# which there are thousands. 60 should make it over 10,000 (extrapolated, not counted).
CASES: Final = int(os.environ.get("ANSWERDESK_OPENAPI_CASES", "3"))
# These go on for ever once they have begun: others follow them, on real servers.
ENDLESS: Final = "/events$"
CHECKS: Final = {
    "ignored_auth": False,  # sends a second credential beside the right one; see test_ownership
    "missing_required_header": False,  # puts back what the case leaves out; likewise
    "negative_data_rejection": False,  # a number may come as text, and more the like
    "positive_data_acceptance": False,  # a cursor of nobody's is refused, and more the like
}


@dataclass
class Caller:
    """Who sends the cases: every other one about something that is there."""

    headers: Callable[[], Mapping[str, str]] = dict
    known: Mapping[str, Callable[[], str]] = field(default_factory=dict[str, Callable[[], str]])
    sent: int = 0

    def prepare(self, case: Case[Any]) -> None:
        """What schemathesis calls before it sends a case."""
        self.sent += 1
        if self.sent % 2:
            for name in case.path_parameters.keys() & self.known.keys():
                case.path_parameters[name] = self.known[name]()
        headers = cast("dict[str, str]", cast("Any", case).headers)
        headers.update(self.headers())


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedDesk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk.with_widget(
            sessions_per_address=10**9,
            sessions_per_widget=10**9,
            requests_per_address=10**9,
            messages_per_address=10**9,
        )


def administrator(desk: ScriptedDesk) -> Caller:
    key = add_team(desk)["admin"]

    def hook() -> str:
        for old in desk.webhooks.list():
            desk.webhooks.remove(old.id)
        return desk.webhooks.add(Webhook("http://127.0.0.1:9/", ("feedback.given",))).id

    return Caller(
        lambda: {"X-API-Key": key},
        {
            "conversation_id": lambda: desk.conversations.start(Language.ENGLISH).id,
            "document_id": lambda: desk.library.add_file("a", b"a", collection="a").id,
            "job_id": lambda: desk.web.start(Order("http://127.0.0.1:9/")).id,
            "key_id": lambda: desk.accounts.keys.add("agent").key.id,
            "webhook_id": hook,
            "widget_id": lambda: add_widget(desk).id,
            "answer_id": lambda: curated_answer(desk),
        },
    )


def curated_answer(desk: ScriptedDesk) -> str:
    ways = (f"{secrets.token_hex(8)}?",)
    return desk.answers.add(CuratedAnswer(ways, answer_en="Yes.")).id


def widget_visitor(desk: ScriptedDesk, app: FastAPI) -> Caller:
    widget = add_widget(desk).id

    def headers() -> Mapping[str, str]:  # of a session of their own: some cases end theirs
        browser = Browser(TestClient(app), widget)
        browser.open()
        return {"Authorization": f"Bearer {browser.token}", "Origin": SHOP}

    return Caller(headers, {"widget_id": lambda: widget})


def complaints(app: FastAPI, caller: Caller, paths: str = "^/") -> tuple[int, list[str]]:
    """How many cases were sent, and what did not go as documented."""
    config = cast("Any", SchemathesisConfig).from_dict(
        {
            "continue-on-failure": True,
            "generation": {"max-examples": CASES, "deterministic": True, "database": "none"},
            "phases": {"stateful": {"enabled": False}},
            "checks": {name: {"enabled": enabled} for name, enabled in CHECKS.items()},
        }
    )
    # Any: its types are open in places.
    schema: Any = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    schema = schema.include(path_regex=paths).exclude(path_regex=ENDLESS)
    with sent_by(caller):
        outcome = list(from_schema(schema).execute())
    return caller.sent, list(dict.fromkeys(text for event in outcome for text in faults(event)))


def faults(event: events.EngineEvent) -> Iterator[str]:
    """What an event of schemathesis says against the app."""
    match event:
        case events.ScenarioFinished():
            for check in chain(*event.recorder.checks.values()):
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    yield f"{event.recorder.label}: {failure.title} {failure.message}"
        case events.NonFatalError():
            yield f"{event.label}: {event.value!r}"
        case events.FatalError():
            yield repr(event.exception)
        case _:
            pass


@contextlib.contextmanager
def sent_by(caller: Caller) -> Generator[None]:
    """Have every case of schemathesis sent by `caller`."""

    def prepare(_: HookContext, case: Case[Any], __: object) -> None:
        caller.prepare(case)

    hooks: Any = GLOBAL_HOOK_DISPATCHER
    hooks.register_hook_with_name(prepare, "before_call")
    try:
        yield
    finally:
        hooks.unregister(prepare)


@pytest.mark.timeout(3600)
def test_an_administrator_is_answered_as_documented(desk: ScriptedDesk) -> None:
    sent, found = complaints(desk.app(), administrator(desk))
    assert found == []
    assert sent > 1000


@pytest.mark.timeout(3600)
def test_a_stranger_is_answered_as_documented(desk: ScriptedDesk) -> None:
    sent, found = complaints(desk.app(), Caller())
    assert found == []
    assert sent > 1000


@pytest.mark.timeout(3600)
def test_a_widgets_visitor_is_answered_as_documented(desk: ScriptedDesk) -> None:
    app = desk.app()
    sent, found = complaints(app, widget_visitor(desk, app), "^/widget/")
    assert found == []
    assert sent > 100
