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

Step = Literal["searching", "checking", "writing", "sending"]


@dataclass(frozen=True, slots=True)
class TurnView:
    """A question and as much of its reply as has arrived.

    `step` is None once nothing more will come. `answer` is the finished turn;
    `error` a sentence for the visitor, in the page's language. What goes `to_person` gets no
    reply of ours. `entry` is its name among the conversation's entries.
    """

    question: str
    step: Step | None = None
    text: str = ""
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None
    error: str | None = None
    stopped: bool = False
    handed_over: bool = False
    to_person: bool = False
    entry: str = ""
    conversation: str = ""


def asked(question: str, *, to_person: bool = False, entry: str = "") -> TurnView:
    """The view before the first event."""
    step: Step = "sending" if to_person else "searching"
    return TurnView(question, step=step, to_person=to_person, entry=entry)


def finished(question: str, answer: Answer) -> TurnView:
    """The view of a turn that is over."""
    return TurnView(
        question,
        text=answer.text,
        citations=answer.citations,
        answer=answer,
        handed_over=answer.route == "handover",
        entry=answer.turn_id,
        conversation=answer.conversation_id,
    )


def advance(view: TurnView, event: ReplyEvent) -> TurnView:  # noqa: C901, PLR0911 -- one case an event
    """The view after `event`."""
    if view.to_person and isinstance(event, TraceStep | Working | TextDelta):
        view = replace(view, step="searching", to_person=False)  # nobody was there any more
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
            return replace(view, step="sending", to_person=True)
        case TurnFinished(answer):
            known = finished(view.question, answer)
            passed_on = TurnView(
                view.question, to_person=True, entry=known.entry, conversation=known.conversation
            )
            return passed_on if view.to_person else known
        case _:
            assert_never(event)
