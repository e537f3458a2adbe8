"""Figures of the overview, each read from what is stored."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import gradio as gr

from chatbot.accounts import Role
from chatbot.conversations import TurnCounts
from knowledge.documents import DocumentRecord, DocumentState
from ui.handlers_admin import Desk, pressed
from ui.render_admin import moment, render, share

PERIODS = (1, 7, 30)
_LATEST = 10
_ROUTES = ("rule", "curated", "quote", "generate", "clarify", "refuse", "handover")


@dataclass(frozen=True, slots=True)
class RouteCount:
    """One bar: how often a route was taken."""

    name: str
    count: int
    percent: float
    share: str


@dataclass(frozen=True, slots=True)
class StateCount:
    name: str
    count: int


class OverviewHandlers:
    """Reads conversations, documents and rules of one assistant."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.assistant.settings.time_zone)

    def show(self, request: gr.Request) -> str:
        """Today's figures."""
        return self._page(request, PERIODS[0])

    def choose(self, event: gr.EventData, request: gr.Request) -> str:
        """The figures of the period whose button was pressed."""
        wanted = pressed(event, "days")
        days = next((days for days in PERIODS if str(days) == wanted), PERIODS[0])
        return self._page(request, days)

    def _page(self, request: gr.Request, days: int) -> str:
        member = self._desk.member(request)
        assistant = self._desk.assistant
        start, until = _period(days, datetime.now(self._zone))
        counts = assistant.conversations.counts(start.astimezone(UTC))
        documents = assistant.library.list()
        book = assistant.rules.current()
        without = counts.total - counts.generator_called
        return render(
            "overview",
            self._desk.language,
            periods=PERIODS,
            days=days,
            range=self._range(start, until, days),
            may_edit=member.may(Role.EDITOR),
            counts=counts,
            without=without,
            no_transformer=share(without, counts.total),
            unanswered=counts.refused,
            unanswered_share=share(counts.refused, counts.total),
            handed_over=counts.by_route.get("handover", 0),
            routes=route_counts(counts),
            documents=len(documents),
            states=state_counts(documents),
            passages=sum(document.total for document in documents),
            rules=len(book.rules),
            rule_files=len({rule.file for rule in book.rules}),
            problems=len(assistant.rules.problems),
            latest=[
                {"question": turn.question, "when": moment(turn.created_at, self._zone)}
                for turn in assistant.conversations.unanswered(_LATEST).rows
            ],
        )

    def _range(self, start: datetime, until: datetime, days: int) -> str:
        key = "range_day" if days == 1 else "range"
        first, last = start.strftime("%Y-%m-%d"), until.strftime("%Y-%m-%d")
        return self._desk.text(key, start=first, end=last, zone=self._zone.key)


def _period(days: int, now: datetime) -> tuple[datetime, datetime]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days - 1), now


def route_counts(counts: TurnCounts) -> list[RouteCount]:
    """Every route that was taken, most frequent first."""
    taken = [(route, counts.by_route[route]) for route in _ROUTES if counts.by_route.get(route)]
    return [
        RouteCount(route, count, 100 * count / counts.total, share(count, counts.total))
        for route, count in sorted(taken, key=lambda pair: -pair[1])
    ]


def state_counts(documents: Sequence[DocumentRecord]) -> list[StateCount]:
    """How many documents are in each state that any is in, in the order of the states."""
    found = Counter(document.state for document in documents)
    return [StateCount(state.value, found[state]) for state in DocumentState if found[state]]
