"""A desk whose dialogue is scripted and whose accounts and conversations are real."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

from chatbot.accounts import Accounts, Role
from chatbot.api.app import create_api
from chatbot.api.impatience import ImpatientProtocol
from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversation, Conversations, Origin, new_id
from chatbot.handover import Handovers
from chatbot.idempotency import Requests
from chatbot.inbox import Inbox
from chatbot.messages import (
    Answer,
    Citation,
    HandedOver,
    Question,
    ReplyEvent,
    SourcesFound,
    TextDelta,
    TraceStep,
    TurnFinished,
    Working,
)
from chatbot.settings import ServerSettings, Settings, WidgetSettings
from chatbot.timeline import Timeline
from chatbot.turn import happened_before
from chatbot.webhooks.deliveries import Deliveries
from chatbot.webhooks.store import Webhooks
from chatbot.webhooks.worker import Courier
from chatbot.widgets.store import Widgets
from chatbot.widgets.tokens import Tokens
from chatbot.widgets.visitors import Visitors
from knowledge.curated.matcher import CuratedMatcher, open_matcher
from knowledge.curated.store import CuratedAnswers
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import DEFAULT_COLLECTION, Language, Passage, Position, Ranked
from knowledge.pools import GivenPool, PassagePool, Query
from knowledge.rewording import Reworded
from knowledge.rules.book import RuleBook
from knowledge.synonyms import SynonymFile
from knowledge.web.jobs import WebFetching
from tests.chatbot.api.memory_shelf import MemoryShelf
from tests.fakes import HashEmbedder

SECRET = b"0" * 32
# The real cost, half a second a password, is for attackers to bear.
_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD = "correct horse battery"
LOCAL_TOKEN = "local-token-of-this-server"
CITATION = Citation(1, "p1", "returns", "Returns", Position(0, 14, ("Returns",)), "Within 14 days.")


@dataclass
class ScriptedDialogue:
    """Yields real events, and tells what it was asked and how it ended."""

    conversations: Conversations
    script: Callable[[Question, Cancellation], Iterator[ReplyEvent]] | None = None
    asked: list[Question] = field(default_factory=list[Question])
    ended: threading.Event = field(default_factory=threading.Event)
    cancelled: bool = False

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        self.asked.append(question)
        before = happened_before(question, self.conversations)
        if before:
            yield from before
            return
        try:
            yield from (self.script or self.reply)(question, cancellation)
        finally:
            self.cancelled = cancellation.cancelled
            self.ended.set()

    def reply(self, question: Question, _: Cancellation) -> Iterator[ReplyEvent]:
        conversation = self.conversation(question)
        step = TraceStep("rules", "none fired", 0.5, {"fired": (), "when": Path("x")})
        yield Working("searching")
        yield step
        yield SourcesFound((CITATION,))
        yield TextDelta("Within 14 days")
        yield TextDelta(". [1]")
        yield HandedOver("asked for a person")
        answer = Answer(
            turn_id=question.turn_id or new_id(),
            conversation_id=conversation.id,
            text="Within 14 days. [1]",
            language=conversation.language,
            route="quote",
            refused=False,
            answerability=0.9,
            citations=(CITATION,),
            latency_ms=12.3,
            first_token_ms=4.5,
            trace=(step,),
        )
        self.conversations.save(conversation, question.text, answer)
        yield TurnFinished(answer)

    def conversation(self, question: Question) -> Conversation:
        language = question.language or Language.ENGLISH
        if question.conversation_id is None:
            origin = Origin(question.visitor, question.channel, question.widget)
            return self.conversations.start(language, origin)
        found = self.conversations.get(question.conversation_id, question.visitor)
        return replace(found, language=language)


class OnePassage:
    """A retriever that finds one passage, wherever it looks."""

    def pool(self, collection: str) -> GivenPool:
        return GivenPool([], HashEmbedder())

    def reword(self, query: Query, pool: PassagePool) -> Reworded:
        return Reworded(query)

    def search_pool(self, pool: PassagePool, query: Query, top_k: int) -> list[Ranked]:
        return self.search(query.text, DEFAULT_COLLECTION, top_k)

    def search(
        self, query: str, collection: str, top_k: int, history: Sequence[str] = ()
    ) -> list[Ranked]:
        passage = Passage("p1", "returns", "Returns", query, Position(0, len(query)), collection)
        return [Ranked(passage, 0.5, keyword_rank=1)][:top_k]


@dataclass
class ScriptedDesk:
    """Everything that the routes reach."""

    settings: Settings
    dialogue: ScriptedDialogue
    library: MemoryShelf
    web: WebFetching
    retriever: OnePassage
    rules: RuleBook
    synonyms: SynonymFile
    conversations: Conversations
    handovers: Handovers
    timeline: Timeline
    inbox: Inbox
    accounts: Accounts
    widgets: Widgets
    visitors: Visitors
    requests: Requests
    webhooks: Webhooks
    courier: Courier
    answers: CuratedAnswers
    curated: CuratedMatcher
    embedder: HashEmbedder = field(default_factory=HashEmbedder)

    def app(self) -> FastAPI:
        return create_api(self, local_token=LOCAL_TOKEN)

    def with_server(self, **changes: object) -> "ScriptedDesk":
        server = ServerSettings.model_validate({**self.settings.server.model_dump(), **changes})
        return replace(self, settings=self.settings.model_copy(update={"server": server}))

    def with_widget(self, **changes: object) -> "ScriptedDesk":
        widget = WidgetSettings.model_validate({**self.settings.widget.model_dump(), **changes})
        return replace(self, settings=self.settings.model_copy(update={"widget": widget}))


@contextlib.contextmanager
def open_desk(folder: Path) -> Generator[ScriptedDesk]:
    """A desk with nobody and nothing in it, which keeps its data in `folder`."""
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    Base.metadata.create_all(engine)
    conversations = Conversations(engine)
    webhooks = Webhooks(engine, SECRET)
    courier = Courier(Deliveries(engine, webhooks), allow_private=True)
    library = MemoryShelf()
    answers = CuratedAnswers(engine)
    curated = open_matcher(answers, HashEmbedder(), folder / "index")
    web = WebFetching(folder / "web", library)
    yield ScriptedDesk(
        settings=Settings(data_dir=folder),
        dialogue=ScriptedDialogue(conversations),
        library=library,
        web=web,
        retriever=OnePassage(),
        synonyms=SynonymFile(folder / "synonyms.txt"),
        rules=RuleBook(folder / "rules"),
        conversations=conversations,
        handovers=Handovers(engine, conversations.bulletin),
        timeline=Timeline(engine),
        inbox=Inbox(engine),
        accounts=Accounts(engine, SECRET, hasher=_QUICK),
        widgets=Widgets(engine, Tokens(SECRET)),
        visitors=Visitors(engine, conversations),
        requests=Requests(engine),
        webhooks=webhooks,
        courier=courier,
        answers=answers,
        curated=curated,
    )
    courier.close()
    web.close()
    engine.dispose()


def add_team(desk: ScriptedDesk) -> dict[str, str]:
    """A member of each role, named after it, and `gone`, a suspended administrator; their keys."""
    for role in Role:
        desk.accounts.add(role.label, PASSWORD, role)
    desk.accounts.add("gone", PASSWORD, Role.ADMIN)
    keys = {
        name: desk.accounts.keys.add(name).secret for name in ("agent", "editor", "admin", "gone")
    }
    desk.accounts.set_suspended("gone", suspended=True)
    return keys


@contextlib.contextmanager
def serving(app: FastAPI) -> Generator[str]:
    """`app` behind a real uvicorn on a free port; yields its URL."""
    config = uvicorn.Config(
        app,
        port=0,
        http=ImpatientProtocol,
        log_level="error",
        lifespan="on",
        proxy_headers=False,  # as `answerdesk serve` does
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),))
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        assert not thread.is_alive()
