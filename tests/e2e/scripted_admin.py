"""A desk for the admin: everything is real but the embedder, and no dialogue answers."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher
from fastapi import FastAPI

from chatbot.accounts import Accounts, Role
from chatbot.api.app import create_api
from chatbot.api.parts import Dialogue
from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversations, new_id
from chatbot.handover import Handovers
from chatbot.idempotency import Requests
from chatbot.inbox import Inbox
from chatbot.messages import Answer, Question, ReplyEvent, Route
from chatbot.recognising import IntentRecogniser
from chatbot.schema import migrate
from chatbot.settings import Settings
from chatbot.timeline import Timeline
from chatbot.webhooks.deliveries import Deliveries
from chatbot.webhooks.store import Webhooks, open_webhooks
from chatbot.webhooks.worker import Courier
from chatbot.widgets.store import Widgets, open_widgets
from chatbot.widgets.visitors import Visitors
from knowledge.curated.matcher import CuratedMatcher, open_matcher
from knowledge.curated.store import CuratedAnswers
from knowledge.database import open_engine, sqlite_url
from knowledge.documents import Language
from knowledge.library import Library, open_library
from knowledge.retrieval import Retriever
from knowledge.rules.book import RuleBook
from knowledge.synonyms import SynonymFile
from knowledge.web.jobs import WebFetching
from knowledge.web.visits import Manners
from tests.fakes import HashEmbedder
from ui.mounting import add_files, close_doors
from ui.pages.admin import add_admin
from ui.pages.login import router as login
from ui.widget_files import add_widget_files

PASSWORD = "correct horse battery"
# A document with this word cannot be embedded.
UNEMBEDDABLE = "unembeddable"
# The real cost, half a second a password, is for attackers to bear.
_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class SilentDialogue:
    """The admin asks no questions."""

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield from ()


@dataclass(frozen=True)
class AdminDesk:
    """What the admin and the API need of an assistant."""

    settings: Settings
    library: Library
    web: WebFetching
    retriever: Retriever
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
    synonyms: SynonymFile
    rules: RuleBook
    embedder: HashEmbedder
    recogniser: IntentRecogniser
    answers: CuratedAnswers
    curated: CuratedMatcher
    generator: None = None
    dialogue: Dialogue = field(default_factory=SilentDialogue)


@contextmanager
def open_desk(folder: Path, *, delay: float = 0.0) -> Generator[AdminDesk]:
    """A desk with a member of each role, named after it; `delay` in seconds a passage embedded."""
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    migrate(engine)
    embedder = HashEmbedder(delay=delay, fail_on=UNEMBEDDABLE)
    library = open_library(folder, engine, embedder)
    web = WebFetching(folder / "web", library, Manners(delay=0.2, allow_private=True))
    accounts = Accounts(engine, b"0" * 32, hasher=_QUICK)
    for role in Role:
        accounts.add(role.label, PASSWORD, role)
    quick = HashEmbedder()
    recogniser = IntentRecogniser(quick, folder / "index" / "intents")
    conversations = Conversations(engine)
    answers = CuratedAnswers(engine)
    curated = open_matcher(answers, quick, folder / "index")
    curated.work()
    webhooks = open_webhooks(engine, folder)
    synonyms = SynonymFile(folder / "synonyms.txt")
    desk = AdminDesk(
        settings=Settings(data_dir=folder),
        library=library,
        web=web,
        retriever=Retriever(library, quick, candidates=50, synonyms=synonyms.current),
        conversations=conversations,
        handovers=Handovers(engine, conversations.bulletin),
        timeline=Timeline(engine),
        inbox=Inbox(engine),
        accounts=accounts,
        widgets=open_widgets(engine, folder),
        visitors=Visitors(engine, conversations),
        requests=Requests(engine),
        webhooks=webhooks,
        courier=Courier(Deliveries(engine, webhooks), allow_private=True),
        synonyms=synonyms,
        rules=RuleBook(folder / "rules", recogniser.for_rules),
        embedder=quick,
        recogniser=recogniser,
        answers=answers,
        curated=curated,
    )
    try:
        yield desk
    finally:
        curated.close()
        web.close()
        library.close()
        engine.dispose()


def make_app(desk: AdminDesk) -> FastAPI:
    """The API with the admin and the page to sign in."""
    app = create_api(desk)
    app.include_router(login)
    add_files(app)
    add_widget_files(app)
    heads = add_admin(app, desk, app.state.gate)
    close_doors(app, heads)
    return app


def ask(desk: AdminDesk, question: str, route: Route, *, generated: bool = False) -> None:
    """Save a turn, as the dialogue manager would."""
    conversation = desk.conversations.start(Language.ENGLISH)
    answer = Answer(
        turn_id=new_id(),
        conversation_id=conversation.id,
        text="…",
        language=Language.ENGLISH,
        route=route,
        refused=route == "refuse",
        answerability=0.5,
        generator_called=generated,
    )
    desk.conversations.save(conversation, question, answer)
