"""A desk whose library moves at a known pace; accounts, conversations, rules and the API are real."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from argon2 import PasswordHasher
from fastapi import FastAPI

from chatbot.accounts import Accounts, Role
from chatbot.api.app import create_api
from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversations, new_id
from chatbot.messages import Answer, Question, ReplyEvent, Route
from chatbot.settings import Settings
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import (
    DocumentRecord,
    DocumentState,
    Language,
    LoadedText,
    Passage,
    Position,
    Ranked,
)
from knowledge.errors import DocumentNotFound
from knowledge.loading import load
from knowledge.rules.book import RuleBook
from ui.mounting import add_files, close_doors
from ui.pages.admin import add_admin
from ui.pages.login import router as login

PASSWORD = "correct horse battery"
_PASSAGES_A_SECOND = 8.0
# The real cost, half a second a password, is for attackers to bear.
_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass
class ScriptedLibrary:
    """Documents in memory. Each is embedded at eight passages a second of `clock`."""

    clock: Callable[[], float] = time.monotonic
    _records: dict[str, tuple[DocumentRecord, LoadedText, float]] = field(
        default_factory=dict[str, tuple[DocumentRecord, LoadedText, float]]
    )

    def add_file(
        self, name: str, data: bytes, *, collection: str, source: str | None = None
    ) -> DocumentRecord:
        loaded = load(name, data)
        digest = hashlib.sha256(data).hexdigest()
        same = next((r.id for r, _, _ in self._records.values() if r.content_hash == digest), None)
        record = DocumentRecord(
            id=new_id(),
            collection=collection,
            source=source or name,
            name=name,
            title=loaded.title,
            language=Language.ENGLISH,
            state=DocumentState.QUEUED,
            content_hash=digest,
            size_bytes=len(data),
            total=len(self._cut(loaded)),
            warnings=loaded.warnings,
            same_content_as=same,
            updated_at="2026-03-02T09:30:00+08:00",
        )
        self._records[record.id] = (record, loaded, self.clock())
        return record

    def add_passages(self, name: str, data: bytes, *, collection: str) -> list[DocumentRecord]:
        return [self.add_file(f"{name}.txt", data, collection=collection)]

    def hold(self, document_id: str, **changes: object) -> None:
        """Fix a document in a state, for pictures."""
        record, loaded, _ = self._records[document_id]
        held = replace(record, **changes)  # pyright: ignore[reportArgumentType] -- fields of the record
        self._records[document_id] = (held, loaded, float("inf"))

    def list(self, collection: str | None = None) -> Sequence[DocumentRecord]:
        records = [self.get(document_id) for document_id in self._records]
        return [r for r in reversed(records) if collection in (None, r.collection)]

    def get(self, document_id: str) -> DocumentRecord:
        if document_id not in self._records:
            raise DocumentNotFound(document_id=document_id)
        record, _, since = self._records[document_id]
        elapsed = self.clock() - since
        if elapsed < 0 or record.state is DocumentState.FAILED:
            return record
        embedded = min(record.total, int(elapsed * _PASSAGES_A_SECOND))
        state = DocumentState.READY if embedded == record.total else DocumentState.EMBEDDING
        return replace(record, state=state, embedded=embedded)

    def delete(self, document_id: str) -> None:
        self.get(document_id)
        del self._records[document_id]

    def loaded_text(self, document_id: str) -> LoadedText:
        self.get(document_id)
        return self._records[document_id][1]

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        record = self.get(document_id)
        loaded = self._records[document_id][1]
        return [
            Passage(
                f"{document_id}#{at}",
                record.name,
                loaded.title,
                text,
                position,
                record.collection,
                document_id=document_id,
            )
            for at, (text, position) in enumerate(self._cut(loaded))
        ]

    @staticmethod
    def _cut(loaded: LoadedText) -> Sequence[tuple[str, Position]]:
        return [
            (loaded.text[s.start : s.end].strip(), Position(s.start, s.end, s.headings))
            for s in loaded.sections
        ]


@dataclass
class ScriptedRetriever:
    """Ranks passages by how many of the query's words they have."""

    library: ScriptedLibrary

    def search(
        self, query: str, collection: str, top_k: int, history: Sequence[str] = ()
    ) -> list[Ranked]:
        words = set(query.lower().split()) | {query[i : i + 2] for i in range(len(query) - 1)}
        scored = [
            (sum(word in passage.text.lower() for word in words), passage)
            for record in self.library.list(collection)
            for passage in self.library.passages_of(record.id)
        ]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])[:top_k]
        return [
            Ranked(
                passage,
                1 / (60 + at),
                keyword_rank=at,
                dense_rank=None if at % 3 == 0 else at + 1,
                keyword_score=4.0 + score,
                similarity=0.9 - at / 50,
            )
            for at, (score, passage) in enumerate(best, start=1)
        ]


class SilentDialogue:
    """The admin asks no questions."""

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield from ()


@dataclass(frozen=True)
class ScriptedDesk:
    """What the admin needs of an assistant."""

    settings: Settings
    library: ScriptedLibrary
    retriever: ScriptedRetriever
    conversations: Conversations
    accounts: Accounts
    rules: RuleBook
    dialogue: SilentDialogue = field(default_factory=SilentDialogue)


def make_desk(folder: Path) -> ScriptedDesk:
    """A desk with a member of each role, named after it."""
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    accounts = Accounts(engine, b"0" * 32, hasher=_QUICK)
    library = ScriptedLibrary()
    desk = ScriptedDesk(
        settings=Settings(data_dir=folder),
        library=library,
        retriever=ScriptedRetriever(library),
        conversations=Conversations(engine),
        accounts=accounts,
        rules=RuleBook(folder / "rules"),
    )
    Base.metadata.create_all(engine)
    for role in Role:
        accounts.add(role.label, PASSWORD, role)
    return desk


def make_app(desk: ScriptedDesk) -> FastAPI:
    """The API with the admin and the page to sign in."""
    app = create_api(desk)
    app.include_router(login)
    add_files(app)
    heads = add_admin(app, desk, app.state.gate)  # pyright: ignore[reportArgumentType] -- scripted
    close_doors(app, heads)
    return app


def ask(desk: ScriptedDesk, question: str, route: Route, *, generated: bool = False) -> None:
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
