"""Many questions or queries from a file of lines to another: how anyone measures the system."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TextIO

from pydantic import BaseModel, Field, JsonValue, TypeAdapter

from chatbot.cancellation import Cancellation
from chatbot.errors import AnswerDeskError
from chatbot.guard import admit
from chatbot.lines import read_lines, to_line
from chatbot.messages import Answer, Message, Mode, Question, ReplyEvent, Role, TurnFinished
from chatbot.serialise import Json, answer_json, hits_json
from knowledge.documents import DEFAULT_COLLECTION, Passage, Position, Ranked

log = logging.getLogger(__name__)


class MessageLine(BaseModel):
    """An earlier message."""

    role: Role
    text: str


class PassageLine(BaseModel):
    """A passage that came with the question."""

    id: str
    text: str
    title: str = ""
    url: str | None = None


class QuestionLine(BaseModel):
    """A line of `batch --input`. Other keys are ignored, so that a line may carry its gold answer."""

    id: str | int
    question: str
    history: list[MessageLine] = Field(default_factory=list[MessageLine])
    passages: list[PassageLine] | None = None
    slots: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])

    def ask(self, mode: Mode | None, collection: str) -> Question:
        """The line as a question that leaves no conversation behind."""
        return Question(
            text=self.question,
            mode=mode,
            collection=collection,
            slots=dict(self.slots),
            history=tuple(Message(message.role, message.text) for message in self.history),
            passages=None if self.passages is None else tuple(map(_passage, self.passages)),
            keep=False,
        )


class QueryLine(BaseModel):
    """A line of `search --input`. `history` holds messages, or just the visitor's texts."""

    id: str | int
    query: str
    history: list[MessageLine | str] = Field(default_factory=list[MessageLine | str])

    @property
    def said_before(self) -> list[str]:
        """The visitor's earlier messages, oldest first."""
        return [
            message if isinstance(message, str) else message.text
            for message in self.history
            if isinstance(message, str) or message.role == "user"
        ]

    @property
    def answered_before(self) -> str:
        """What the visitor heard last."""
        messages = [m for m in self.history if not isinstance(m, str)]
        return next((m.text for m in reversed(messages) if m.role == "assistant"), "")


class _Written(BaseModel):
    """A line of the output, as far as resuming needs it."""

    id: str | int


class Dialogue(Protocol):
    """Answers a question."""

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]: ...


@dataclass(slots=True)
class Progress:
    """How far a run has come. `failed` lines have an `error` in the output."""

    total: int
    skipped: int = 0
    done: int = 0
    failed: int = 0
    on_step: Callable[[], object] = field(default=lambda: None)

    def step(self) -> None:
        """One line more is in the output."""
        self.done += 1
        self.on_step()


def read_questions(path: Path, limit: int) -> list[QuestionLine]:
    """The questions of `path`, each at most `limit` characters. Raises `InvalidLines`."""
    return read_lines(
        path, TypeAdapter(QuestionLine), lambda line: _admit(line.question, limit), _id
    )


def read_queries(path: Path, limit: int) -> list[QueryLine]:
    """The queries of `path`, each at most `limit` characters. Raises `InvalidLines`."""
    return read_lines(path, TypeAdapter(QueryLine), lambda line: _admit(line.query, limit), _id)


def finished_ids(path: Path) -> set[str | int]:
    """The ids that an earlier run has written; a last line that was cut short is removed.

    Raises `InvalidLines` for a file that no run has written.
    """
    if not path.is_file():
        return set()
    with path.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
    written = read_lines(path, TypeAdapter(_Written), lambda _: None, _id)
    return {line.id for line in written}


def answer_all(
    lines: Sequence[QuestionLine],
    dialogue: Dialogue,
    output: TextIO,
    progress: Progress,
    ask: Callable[[QuestionLine], Question],
) -> None:
    """Answer the lines one after the other; each is in `output` before the next begins."""
    for line in lines:
        output.write(to_line({"id": line.id, **_answer(line, dialogue, progress, ask)}))
        output.flush()
        progress.step()


def search_all(
    lines: Sequence[QueryLine],
    search: Callable[[QueryLine], Sequence[Ranked]],
    output: TextIO,
    progress: Progress,
) -> None:
    """Search for the lines one after the other."""
    for line in lines:
        output.write(to_line({"id": line.id, "hits": hits_json(search(line))}))
        output.flush()
        progress.step()


def final_answer(events: Iterator[ReplyEvent]) -> Answer:
    """The answer that the last event carries."""
    for event in events:
        if isinstance(event, TurnFinished):
            return event.answer
    raise RuntimeError("the turn ended without TurnFinished")


def _answer(
    line: QuestionLine,
    dialogue: Dialogue,
    progress: Progress,
    ask: Callable[[QuestionLine], Question],
) -> Json:
    try:
        return answer_json(final_answer(dialogue.respond(ask(line), Cancellation())))
    except Exception as error:  # one turn that breaks must not cost the others
        log.warning("the question with id %r failed", line.id, exc_info=error)
        progress.failed += 1
        code = error.code if isinstance(error, AnswerDeskError) else "unexpected"
        return {**_NOTHING_SAID, "error": {"code": code, "detail": str(error)}}


# A line that failed has the fields of any other, so that whoever counts need not care.
_NOTHING_SAID: Json = {
    "answer": "",
    "language": "en",
    "route": "refuse",
    "refused": True,
    "answerability": 0.0,
    "citations": [],
    "rules": [],
    "generator_called": False,
    "latency_ms": 0.0,
    "first_token_ms": 0.0,
}


def _admit(text: str, limit: int) -> None:
    admit(text, limit)


def _id(line: QuestionLine | QueryLine | _Written) -> object:
    return line.id


def _passage(line: PassageLine) -> Passage:
    return Passage(
        id=line.id,
        document=line.id,
        title=line.title,
        text=line.text,
        position=Position(0, len(line.text)),
        collection=DEFAULT_COLLECTION,
        url=line.url,
    )
