"""The composition root: settings in, wired assistant out. No logic."""

import os
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chatbot.accounts import Accounts, open_accounts
from chatbot.answering import Answering, QuoteLimits
from chatbot.bulletin import Bulletin
from chatbot.conversations import Conversations
from chatbot.dialogue import DialogueManager
from chatbot.errors import InvalidSettings
from chatbot.generators import Generator as TextGenerator
from chatbot.generators.loading import ManagedGenerator, load_generator, managed
from chatbot.handover import Handovers
from chatbot.idempotency import Requests
from chatbot.inbox import Inbox
from chatbot.outbox import record_failure
from chatbot.recognising import IntentRecogniser
from chatbot.samples import SAMPLE_SOURCE, add_sample_answers, install_rules, sample_documents
from chatbot.schema import migrate
from chatbot.settings import Settings, is_loopback
from chatbot.timeline import Timeline
from chatbot.turn import TurnLimits
from chatbot.understanding import Understanding
from chatbot.webhooks.deliveries import Deliveries
from chatbot.webhooks.store import Webhooks, open_webhooks
from chatbot.webhooks.worker import Courier
from chatbot.widgets.store import Widgets, open_widgets
from chatbot.widgets.visitors import Visitors
from knowledge.curated.matcher import CuratedMatcher, open_matcher
from knowledge.curated.store import CuratedAnswers
from knowledge.database import open_engine, sqlite_url
from knowledge.documents import DEFAULT_COLLECTION, Language
from knowledge.embedding import CountingEmbedder
from knowledge.embedding.loading import load_embedder, load_reranker
from knowledge.embedding.remembering import RememberingEmbedder
from knowledge.library import Library, open_library
from knowledge.loading.child import LoadingChild
from knowledge.models.store import ModelState, installed, pull
from knowledge.owner import own
from knowledge.reader import Reader, ReaderWeights
from knowledge.reranking import Reranker
from knowledge.retrieval import Retriever
from knowledge.rules.book import RuleBook
from knowledge.serving import choose_models
from knowledge.synonyms import SynonymFile
from knowledge.web.jobs import WebFetching
from knowledge.web.visits import Manners

RULES = "rules"


@dataclass(frozen=True, slots=True)
class Assistant:
    """Everything the pages, the API and the command line reach."""

    settings: Settings
    dialogue: DialogueManager
    library: Library
    web: WebFetching
    retriever: Retriever
    synonyms: SynonymFile
    rules: RuleBook
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
    generator: ManagedGenerator | None
    embedder: CountingEmbedder
    recogniser: IntentRecogniser
    answers: CuratedAnswers
    curated: CuratedMatcher


@contextmanager
def open_assistant(
    settings: Settings, *, background: bool = True, generator: TextGenerator | None = None
) -> Generator[Assistant, None, None]:
    """Own the data folder and everything in it until the end of the block.

    `background` starts the ingestion worker and loads the Transformer ahead of its first
    use. `generator` takes the place of the one that the settings name, and is closed at the
    end. Raises `DataFolderInUse`, an error of the model files, or `InvalidSettings`.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(own(settings.data_dir))
        yield _wire(settings, stack, generator, background=background)


def _wire(
    settings: Settings, stack: ExitStack, brought: TextGenerator | None, *, background: bool
) -> Assistant:
    zone = _time_zone(settings.time_zone)
    fetch_models(settings, with_generator=brought is None)
    engine = open_engine(sqlite_url(settings.database_file))
    stack.callback(engine.dispose)
    migrate(engine)
    load = partial(
        load_embedder, models_dir=settings.models_folder, threads=settings.embedder.threads
    )
    embedder = load(settings.embedder.model)
    models = choose_models(settings.data_dir, settings.embedder.model, embedder, load)
    library = open_library(
        settings.data_dir, engine, models, background=background, on_failed=record_failure
    )
    stack.callback(library.close)
    reading = LoadingChild()
    stack.callback(reading.close)
    web = WebFetching(settings.data_dir / "web", library, _manners(settings), reading.load)
    stack.callback(web.close)
    generator = _generator(settings, brought)
    if generator is not None:
        stack.callback(generator.close)
        if background:
            generator.warm_up()
    answers = CuratedAnswers(engine)
    _furnish(settings, library, answers)
    remembering = RememberingEmbedder(library.embedder, shelf=library.spans)
    recogniser = IntentRecogniser(remembering, settings.data_dir / "index" / "intents")
    rules = RuleBook(settings.data_dir / RULES, recogniser.for_rules)
    if background:  # learning intents takes seconds: not in the first visitor's turn
        threading.Thread(target=_learn_intents, args=(recogniser, rules), daemon=True).start()
    curated = open_matcher(answers, remembering, settings.data_dir / "index")
    stack.callback(curated.close)
    if background:
        curated.work()
    synonyms = SynonymFile(settings.data_dir / "synonyms.txt")
    retriever = Retriever(
        library,
        library.query_embedder(remembering),
        candidates=settings.retrieval.candidates,
        synonyms=synonyms.current,
        reranker=_reranker(settings),
    )
    bulletin = Bulletin()
    conversations = Conversations(engine, bulletin)
    handovers = Handovers(engine, bulletin)
    webhooks = open_webhooks(engine, settings.data_dir)
    courier = Courier(Deliveries(engine, webhooks), allow_private=_may_send_privately(settings))
    stack.callback(courier.close)
    if background:
        courier.start()
    weights = ReaderWeights.load()
    dialogue = DialogueManager(
        understanding=Understanding(recogniser),
        rules=rules,
        retriever=retriever,
        reader=Reader(remembering, weights),
        answering=Answering(generator, _quote_limits(settings)),
        conversations=conversations,
        handovers=handovers,
        limits=_turn_limits(settings),
        clock=partial(datetime.now, zone),
        curated=curated,
        thinking=threading.Semaphore(os.cpu_count() or 1),
    )
    return Assistant(
        settings=settings,
        dialogue=dialogue,
        library=library,
        web=web,
        retriever=retriever,
        synonyms=synonyms,
        rules=rules,
        conversations=conversations,
        handovers=handovers,
        timeline=Timeline(engine),
        inbox=Inbox(engine),
        accounts=open_accounts(engine, settings.data_dir),
        widgets=open_widgets(engine, settings.data_dir),
        visitors=Visitors(engine, conversations),
        requests=Requests(engine),
        webhooks=webhooks,
        courier=courier,
        generator=generator,
        embedder=embedder,
        recogniser=recogniser,
        answers=answers,
        curated=curated,
    )


def _generator(settings: Settings, brought: TextGenerator | None) -> ManagedGenerator | None:
    if brought is not None:
        return managed(brought, settings.generator)
    return load_generator(settings.generator, settings.models_folder)


def _reranker(settings: Settings) -> Reranker | None:
    model = settings.retrieval.reranker
    return load_reranker(model) if model else None


def _may_send_privately(settings: Settings) -> bool:
    allowed = settings.webhooks.allow_private_addresses
    return is_loopback(settings.server.host) if allowed is None else allowed


def _manners(settings: Settings) -> Manners:
    fetch = settings.fetch
    return Manners(
        user_agent=fetch.user_agent,
        delay=fetch.delay_seconds,
        max_bytes=fetch.max_page_mb * 2**20,
        allow_private=fetch.allow_private_addresses,
    )


def _learn_intents(recogniser: IntentRecogniser, rules: RuleBook) -> None:
    recogniser.for_rules(rules.current())


def _furnish(settings: Settings, library: Library, answers: CuratedAnswers) -> None:
    """On the first start, put the sample shop in when it is wanted; the rules' folder marks it done."""
    folder = settings.data_dir / RULES
    if folder.exists():
        return
    if settings.sample_knowledge:
        for name, data in sample_documents():
            library.add_file(name, data, collection=DEFAULT_COLLECTION, source=SAMPLE_SOURCE + name)
        add_sample_answers(answers)
        install_rules(folder)
    folder.mkdir(exist_ok=True)


def fetch_models(settings: Settings, *, with_generator: bool = True) -> None:
    """Fetch the catalogue's models that the settings name, when they are not there yet."""
    wanted = {settings.embedder.model}
    if with_generator and settings.generator.engine in ("auto", "llama_cpp", "transformers"):
        wanted.add(settings.generator.model)
    missing = [
        status.entry.name
        for status in installed(settings.models_folder)
        if status.entry.name in wanted and status.state is not ModelState.INSTALLED
    ]
    if missing:
        pull(missing, settings.models_folder)


def _time_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidSettings(
            field="time_zone", reason=f"there is no time zone {name!r}"
        ) from error


def _quote_limits(settings: Settings) -> QuoteLimits:
    return QuoteLimits(
        max_sentences=settings.answers.max_sentences,
        max_characters=settings.answers.max_quote_characters,
        max_tokens=settings.generator.max_tokens,
    )


def _turn_limits(settings: Settings) -> TurnLimits:
    return TurnLimits(
        mode=settings.mode,
        language=Language(settings.language),
        max_question_characters=settings.answers.max_question_characters,
        history_turns=settings.answers.history_turns,
        top_k=settings.retrieval.top_k,
        refuse_below=settings.answers.refuse_below,
    )
