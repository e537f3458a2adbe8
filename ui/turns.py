"""One turn as the page shows it: values, and how each reply event changes them. Pure."""

from dataclasses import dataclass, replace
from typing import Literal, assert_never

from chatbot.messages import (
    Answer,
    Citation,
    Delivered,
    HandedOver,
    ReplyEvent,
    SourcesFound,
    TextDelta,
    TraceStep,
    TurnFinished,
    Working,
)

Step = Literal["searching", "checking", "writing"]


@dataclass(frozen=True, slots=True)
class TurnView:
    """A question and as much of its reply as has arrived.

    `step` is None once nothing more will come. `answer` is the finished turn;
    `error` a sentence for the visitor, in the page's language.
    """

    question: str
    step: Step | None = None
    text: str = ""
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None
    error: str | None = None
    stopped: bool = False
    handed_over: bool = False
    delivered: bool = False


def asked(question: str) -> TurnView:
    """The view before the first event."""
    return TurnView(question, step="searching")


def finished(question: str, answer: Answer) -> TurnView:
    """The view of a turn that is over."""
    return TurnView(
        question,
        text=answer.text,
        citations=answer.citations,
        answer=answer,
        handed_over=answer.route == "handover",
    )


def advance(view: TurnView, event: ReplyEvent) -> TurnView:  # noqa: C901, PLR0911 -- one case an event
    """The view after `event`."""
    match event:
        case Working(step):
            return replace(view, step=step)
        case SourcesFound(citations):
            return replace(view, citations=citations)
        case TextDelta(text):
            return replace(view, text=view.text + text)
        case TraceStep():
            return view
        case HandedOver():
            return replace(view, handed_over=True)
        case Delivered():
            return replace(view, delivered=True)
        case TurnFinished(answer):
            if view.delivered:
                return replace(view, step=None)
            return finished(view.question, answer)
        case _:
            assert_never(event)
