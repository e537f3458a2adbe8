"""AnswerDesk's parts for LangChain, in one's own process: the retriever and the assistant.

`assets/examples/langchain_parts.py` shows both. Importing this imports `langchain_core`.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Any, Final, Protocol

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, convert_to_messages
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import AddableDict, RunnableGenerator
from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from chatbot.api.parts import Dialogue, Search
from chatbot.api.turns import RunningTurn
from chatbot.cancellation import Cancellation
from chatbot.messages import Message, Mode, Question, ReplyEvent, TextDelta, TurnFinished
from chatbot.serialise import turn_json
from chatbot.settings import Settings
from knowledge.documents import DEFAULT_COLLECTION, Language, Ranked

# How often a turn that waits for a place looks for one.
_POLL_SECONDS: Final = 0.02

Asked = str | dict[str, Any]


class AnswerDeskRetriever(BaseRetriever):
    """Finds passages as AnswerDesk's own search does: by keyword and by meaning, best first.

    `search` is `Assistant.retriever`. Each document carries `passage_id`, `document`, `title`,
    `score` (comparable within one result only) and `url` in its metadata.
    """

    search: SkipValidation[Search]
    collection: str = DEFAULT_COLLECTION
    top_k: Annotated[int, Field(ge=1)] = 6

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        del run_manager  # nothing happens within a search that could be told
        found = self.search.search(query, self.collection, self.top_k)
        return [_document(ranked) for ranked in found]


class Answers(Protocol):
    """What the Runnable needs of an assistant; `chatbot.assistant.Assistant` is one."""

    @property
    def settings(self) -> Settings: ...

    @property
    def dialogue(self) -> Dialogue: ...


class AskedFields(BaseModel):
    """The question as a dictionary. `history` is anything that LangChain reads as messages.

    A turn is kept, and its conversation begun, with `keep` or a `conversation_id`; the history
    is then the conversation's own.
    """

    model_config = ConfigDict(extra="forbid")

    question: str
    history: list[Any] = Field(default_factory=list[Any])
    conversation_id: str | None = None
    keep: bool = False
    collection: str = DEFAULT_COLLECTION
    mode: Mode | None = None
    language: Language | None = None
    slots: dict[str, Any] = Field(default_factory=dict[str, Any])


def answer_runnable(assistant: Answers) -> RunnableGenerator[Asked, AddableDict]:
    """`assistant` as a Runnable: in goes a question or `AskedFields`, out come the chat API's fields.

    Streamed, `answer` comes in pieces and everything else with the last one; added up, they
    are what `invoke` returns. The asynchronous methods block no loop. Leaving a stream stops
    the turn. Raises the errors of `DialogueManager.respond`, and pydantic's for other fields.
    """
    turns = _Turns(assistant)
    return RunnableGenerator(turns.replies, turns.areplies, name="AnswerDesk")


class _Turns:
    def __init__(self, assistant: Answers) -> None:
        self._dialogue = assistant.dialogue
        self._seconds = assistant.settings.generator.deadline_seconds
        self._history_turns = assistant.settings.answers.history_turns
        self._places = threading.Semaphore(assistant.settings.server.max_turns_at_once)

    def replies(self, inputs: Iterator[Asked]) -> Iterator[AddableDict]:
        question = self._question(list(inputs))
        cancellation = Cancellation(seconds=self._seconds)
        try:
            for event in self._dialogue.respond(question, cancellation):
                yield from _pieces(event)
        finally:
            cancellation.cancel()

    async def areplies(self, inputs: AsyncIterator[Asked]) -> AsyncIterator[AddableDict]:
        question = self._question([given async for given in inputs])
        turn = await self._start(question)
        try:
            async for event in turn.events():
                for piece in _pieces(event):
                    yield piece
        finally:
            turn.cancel()

    async def _start(self, question: Question) -> RunningTurn:
        # The places outlive any one event loop, so nothing of a loop can be waited on for them.
        while not self._places.acquire(blocking=False):
            await asyncio.sleep(_POLL_SECONDS)
        turn = RunningTurn(self._seconds)
        threading.Thread(target=self._work, args=(turn, question), name="turn", daemon=True).start()
        return turn

    def _work(self, turn: RunningTurn, question: Question) -> None:
        try:
            turn.work(self._dialogue.respond, question, _nothing)
        finally:
            self._places.release()

    def _question(self, inputs: Sequence[Asked]) -> Question:
        whole: Any = inputs[0]
        for more in inputs[1:]:  # what comes before in a chain may stream
            whole = whole + more
        asked = AskedFields.model_validate({"question": whole} if isinstance(whole, str) else whole)
        kept = asked.keep or asked.conversation_id is not None
        history = _history(asked.history)[-2 * self._history_turns :]
        return Question(
            text=asked.question,
            conversation_id=asked.conversation_id,
            mode=asked.mode,
            language=asked.language,
            collection=asked.collection,
            slots=asked.slots,
            history=None if kept else history,
            keep=kept,
            channel="api",
        )


def _pieces(event: ReplyEvent) -> Iterator[AddableDict]:
    if isinstance(event, TextDelta):
        yield AddableDict(answer=event.text)
    elif isinstance(event, TurnFinished):
        # The text has been said; added to it, nothing stays what was said.
        yield AddableDict({**turn_json(event.answer), "answer": ""})


def _history(messages: Sequence[Any]) -> tuple[Message, ...]:
    """What people and the assistant said; instructions are the settings' business."""
    said: list[Message] = []
    for message in convert_to_messages(messages):
        if isinstance(message, HumanMessage):
            said.append(Message("user", message.text))
        elif isinstance(message, AIMessage):
            said.append(Message("assistant", message.text))
    return tuple(said)


def _document(ranked: Ranked) -> Document:
    passage = ranked.passage
    return Document(
        page_content=passage.text,
        id=passage.id,
        metadata={
            "passage_id": passage.id,
            "document": passage.document,
            "title": passage.title,
            "score": ranked.score,
            "url": passage.url,
        },
    )


def _nothing() -> None:
    pass
